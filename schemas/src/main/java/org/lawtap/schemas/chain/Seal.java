package org.lawtap.schemas.chain;

import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.order.OrderKeys;

/**
 * A signature over a checkpoint, made together with those of other sessions of the node: signing costs a thousand times what
 * hashing a checkpoint does, so all checkpoints of a moment are the leaves of one tree, and its root is signed once.
 *
 * <pre>
 *   leaf      = SHA-256(0x00 || first 'covers' bytes of the Kafka value)
 *   root      = what leaf, index, treeSize and path lead to (RFC 9162, section 2.1.3.2)
 *   signature = Ed25519("lawtap seal 1\n" treeSize "\n" root in hex "\n")
 * </pre>
 *
 * @param keyId SHA-256 of the SubjectPublicKeyInfo of the key that signed
 * @param covers bytes of the value that are signed: all but the seal itself
 * @param treeSize checkpoints that were signed together
 * @param index this one's place among them, from 0
 * @param path siblings from the leaf upwards
 * @param signature 64 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Seal(Sha256 keyId, int covers, int treeSize, int index, List<Sha256> path, byte[] signature) {
    private static final String PREFIX = "lawtap seal 1\n";

    /** Whether the key signed the first {@code covers} bytes of this value. */
    public boolean verifies(byte[] value, PublicKey key) {
        if (covers < 0 || covers > value.length || index < 0 || index >= treeSize) {
            return false;
        }
        MerkleTree tree = new MerkleTree();
        try {
            byte[] root = tree.rootOf(
                    tree.leaf(value, covers),
                    index,
                    treeSize,
                    path.stream().map(Sha256::bytes).toList());
            return keyId.hex().equals(OrderKeys.keyId(key))
                    && OrderKeys.verifies(message(treeSize, root), signature, key);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Seals for all of these with one signature; each is the signed bytes of one checkpoint. */
    public static List<Seal> sign(List<byte[]> covered, PrivateKey key, Sha256 keyId) {
        MerkleTree tree = new MerkleTree();
        List<byte[]> leaves = new ArrayList<>(covered.size());
        for (byte[] bytes : covered) {
            byte[] leaf = tree.leaf(bytes);
            leaves.add(leaf);
            tree.add(leaf);
        }
        byte[] signature = OrderKeys.sign(message(leaves.size(), tree.root()), key);
        List<List<byte[]>> paths = tree.paths(leaves);
        List<Seal> seals = new ArrayList<>(covered.size());
        for (int i = 0; i < leaves.size(); i++) {
            List<Sha256> path = paths.get(i).stream().map(Sha256::of).toList();
            seals.add(new Seal(keyId, covered.get(i).length, leaves.size(), i, path, signature));
        }
        return seals;
    }

    static byte[] message(int treeSize, byte[] root) {
        return (PREFIX + treeSize + "\n" + Sha256.of(root) + "\n").getBytes(StandardCharsets.US_ASCII);
    }
}
