package org.lawtap.deploy.bench.micro;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.lawtap.schemas.chain.MerkleTree;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Hashing a record, and the tree over a second's records at 150,000 packets/s. */
@State(Scope.Thread)
public class ChainBench {
    /** LAWTAP_CAPTURE_BATCH_BYTES by default. */
    static final int RECORD_BYTES = 256 * 1024;

    static final int RECORDS = 215;

    private final byte[] record = new byte[RECORD_BYTES];
    private final MerkleTree tree = new MerkleTree();
    private final List<byte[]> leaves = new ArrayList<>();

    public ChainBench() {
        Random random = new Random(11);
        random.nextBytes(record);
        for (int i = 0; i < RECORDS; i++) {
            byte[] leaf = new byte[32];
            random.nextBytes(leaf);
            leaves.add(leaf);
        }
    }

    @Benchmark
    public byte[] leaf() {
        return tree.leaf(record);
    }

    @Benchmark
    public byte[] root() {
        tree.clear();
        leaves.forEach(tree::add);
        return tree.root();
    }
}
