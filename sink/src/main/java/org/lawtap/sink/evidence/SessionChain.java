package org.lawtap.sink.evidence;

import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.chain.SealCheck;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.Sha256;

/**
 * The chain of one session's records as the sink meets them: leaves are gathered, and each checkpoint must hold on to all of them
 * since the one before. After trouble it goes on from the checkpoint that showed it, so that each is told once. Owned by one thread.
 */
public final class SessionChain {
    private final MerkleTree sinceCheckpoint = new MerkleTree();
    private final @Nullable PublicKey key;
    private final SealCheck seals;
    private long records;
    private @Nullable Sha256 previous;

    /** @param key the session's node's; null if the opening names none that can be read */
    public SessionChain(@Nullable PublicKey key, SealCheck seals) {
        this.key = key;
        this.seals = seals;
    }

    /** A record that is not a checkpoint. */
    public void record(byte[] leaf) {
        sinceCheckpoint.add(leaf);
        records++;
    }

    /** A checkpoint; returns what is wrong with it, nothing if all is right. */
    public List<String> checkpoint(byte[] value, byte[] leaf, Checkpoint checkpoint, @Nullable Seal seal) {
        List<String> problems = new ArrayList<>();
        if (checkpoint.chain().records() != records) {
            problems.add("checkpoint " + checkpoint.number() + " counts "
                    + checkpoint.chain().records() + " records before it, and there are " + records);
        }
        if (!checkpoint.chain().root().equals(Sha256.of(sinceCheckpoint.root()))) {
            problems.add("the root of checkpoint " + checkpoint.number() + " is not that of the records before it");
        }
        Sha256 named = checkpoint.chain().previous();
        if (named == null ? previous != null : !named.equals(previous)) {
            problems.add("checkpoint " + checkpoint.number() + " does not follow the one before it");
        }
        if (seal == null) {
            problems.add("checkpoint " + checkpoint.number() + " has no seal");
        } else if (key == null || !seals.verifies(seal, value, key)) {
            problems.add("the seal of checkpoint " + checkpoint.number() + " is not the node's");
        }
        records = checkpoint.chain().records() + 1;
        previous = Sha256.of(leaf);
        sinceCheckpoint.clear();
        return problems;
    }

    /** Records since the last checkpoint, which no checkpoint vouches for yet. */
    public long unvouched() {
        return sinceCheckpoint.size();
    }
}
