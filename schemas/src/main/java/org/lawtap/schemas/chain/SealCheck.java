package org.lawtap.schemas.chain;

import java.security.PublicKey;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.order.OrderKeys;

/**
 * Checks seals, and remembers the last roots that were right: all sessions of a node share one signature a moment, and verifying it
 * costs a thousand times what following a path does. Owned by one thread.
 */
public final class SealCheck {
    private static final int REMEMBERED_MAX = 256;

    private final MerkleTree tree = new MerkleTree();
    private final Map<Signed, Boolean> right = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Signed, Boolean> eldest) {
            return size() > REMEMBERED_MAX;
        }
    };

    private record Signed(Sha256 keyId, int treeSize, Sha256 root, Sha256 signature) {}

    /** Whether the key signed the first bytes of this value that the seal covers. */
    public boolean verifies(Seal seal, byte[] value, PublicKey key) {
        if (seal.covers() < 0
                || seal.covers() > value.length
                || seal.index() < 0
                || seal.index() >= seal.treeSize()
                || !seal.keyId().hex().equals(OrderKeys.keyId(key))) {
            return false;
        }
        byte[] root;
        try {
            root = tree.rootOf(
                    tree.leaf(value, seal.covers()),
                    seal.index(),
                    seal.treeSize(),
                    seal.path().stream().map(Sha256::bytes).toList());
        } catch (IllegalArgumentException e) {
            return false;
        }
        Signed signed = new Signed(
                seal.keyId(),
                seal.treeSize(),
                Sha256.of(root),
                Sha256.of(tree.leaf(Arrays.copyOf(seal.signature(), 64))));
        if (right.containsKey(signed)) {
            return true;
        }
        boolean verified = OrderKeys.verifies(Seal.message(seal.treeSize(), root), seal.signature(), key);
        if (verified) {
            right.put(signed, true);
        }
        return verified;
    }
}
