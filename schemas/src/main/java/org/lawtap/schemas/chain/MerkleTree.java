package org.lawtap.schemas.chain;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * Merkle tree hashes with SHA-256 as in RFC 9162, section 2.1: a leaf is SHA-256(0x00 || data), a node SHA-256(0x01 || left ||
 * right). It grows leaf by leaf and keeps one hash a level. Owned by one thread.
 */
public final class MerkleTree {
    private static final byte LEAF = 0;
    private static final byte NODE = 1;

    private final MessageDigest digest = sha256();
    private final List<byte[]> subtrees = new ArrayList<>();
    private long size;

    /** SHA-256 of this JDK. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    /** The hash of a leaf. */
    public byte[] leaf(byte[] data) {
        digest.update(LEAF);
        return digest.digest(data);
    }

    /** The hash of a leaf that is the first bytes of an array. */
    public byte[] leaf(byte[] data, int length) {
        digest.update(LEAF);
        digest.update(data, 0, length);
        return digest.digest();
    }

    /** Adds a leaf's hash. */
    public void add(byte[] leafHash) {
        byte[] node = leafHash;
        // Each 1 at the end of the size's binary form is a complete subtree that the new leaf completes to the next
        // larger one.
        for (long level = size; (level & 1) == 1; level >>= 1) {
            node = node(subtrees.removeLast(), node);
        }
        subtrees.add(node);
        size++;
    }

    /** Leaves so far. */
    public long size() {
        return size;
    }

    /** The tree's hash; of no leaves the hash of nothing. */
    public byte[] root() {
        if (subtrees.isEmpty()) {
            return digest.digest();
        }
        byte[] root = subtrees.getLast();
        for (int i = subtrees.size() - 2; i >= 0; i--) {
            root = node(subtrees.get(i), root);
        }
        return root;
    }

    /** Begins anew. */
    public void clear() {
        subtrees.clear();
        size = 0;
    }

    byte[] node(byte[] left, byte[] right) {
        digest.update(NODE);
        digest.update(left);
        return digest.digest(right);
    }

    /**
     * The inclusion path of every leaf (RFC 9162, section 2.1.3.1), from the leaf upwards. Each node is hashed once: a last one
     * without a sibling goes up as it is.
     */
    List<List<byte[]>> paths(List<byte[]> leaves) {
        List<List<byte[]>> paths = new ArrayList<>(leaves.size());
        leaves.forEach(leaf -> paths.add(new ArrayList<>()));
        List<byte[]> level = leaves;
        for (int height = 0; level.size() > 1; height++) {
            for (int i = 0; i < paths.size(); i++) {
                int sibling = (i >> height) ^ 1;
                if (sibling < level.size()) {
                    paths.get(i).add(level.get(sibling));
                }
            }
            level = parents(level);
        }
        return paths;
    }

    private List<byte[]> parents(List<byte[]> level) {
        List<byte[]> parents = new ArrayList<>((level.size() + 1) / 2);
        for (int i = 0; i + 1 < level.size(); i += 2) {
            parents.add(node(level.get(i), level.get(i + 1)));
        }
        if (level.size() % 2 == 1) {
            parents.add(level.getLast());
        }
        return parents;
    }

    /** The root that a path leads to (RFC 9162, section 2.1.3.2). @throws IllegalArgumentException if the path has another length */
    byte[] rootOf(byte[] leafHash, long index, long treeSize, List<byte[]> path) {
        long fn = index;
        long sn = treeSize - 1;
        byte[] root = leafHash;
        for (byte[] sibling : path) {
            if (sn == 0) {
                throw new IllegalArgumentException("an inclusion path that is too long");
            }
            if ((fn & 1) == 1 || fn == sn) {
                root = node(sibling, root);
                while ((fn & 1) == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                root = node(root, sibling);
            }
            fn >>= 1;
            sn >>= 1;
        }
        if (sn != 0) {
            throw new IllegalArgumentException("an inclusion path that is too short");
        }
        return root;
    }
}
