package org.lawtap.deploy.bench.micro;

import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.order.OrderKeys;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Sealing the checkpoints of all sessions of a moment. */
@State(Scope.Thread)
public class SealBench {
    /** A checkpoint's value is about so long. */
    private static final int CHECKPOINT_BYTES = 240;

    @Param({"1", "50", "250"})
    int checkpoints = 1;

    private final KeyPair keys = OrderKeys.generate();
    private final Sha256 keyId = new Sha256(OrderKeys.keyId(keys.getPublic()));
    private final List<byte[]> covered = new ArrayList<>();

    @Setup
    public void fill() {
        Random random = new Random(13);
        covered.clear();
        for (int i = 0; i < checkpoints; i++) {
            byte[] bytes = new byte[CHECKPOINT_BYTES];
            random.nextBytes(bytes);
            covered.add(bytes);
        }
    }

    @Benchmark
    public List<Seal> sign() {
        return Seal.sign(covered, keys.getPrivate(), keyId);
    }
}
