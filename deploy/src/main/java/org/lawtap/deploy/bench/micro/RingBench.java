package org.lawtap.deploy.bench.micro;

import org.lawtap.deploy.bench.Mix;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Walking the frames of a ring's block, without a copy. */
@State(Scope.Thread)
public class RingBench {
    @Param({"64", "512", "1514", "IMIX"})
    String size = "IMIX";

    private RingImage ring = new RingImage(Mix.IMIX);
    private long sum;

    @Setup
    public void fill() {
        ring = new RingImage(Mix.parse(size));
    }

    @Benchmark
    @OperationsPerInvocation(RingImage.PACKETS)
    public long walk() {
        ring.drain((timeNs, type, status, tpid, tci, originalLength, memory, offset, length) -> {
            sum += timeNs + type + status + tpid + originalLength + offset + length;
            return true;
        });
        return sum;
    }
}
