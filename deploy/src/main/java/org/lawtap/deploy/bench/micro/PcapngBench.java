package org.lawtap.deploy.bench.micro;

import java.nio.ByteBuffer;
import java.util.List;
import org.lawtap.deploy.bench.Mix;
import org.lawtap.sink.pcapng.PcapngBlocks;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Writing packets as the sink's pcapng blocks into memory. */
@State(Scope.Thread)
public class PcapngBench {
    private static final int FRAME_BYTES_MAX = 1514;
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int FROM_POD = 1;

    @Param({"64", "512", "1514", "IMIX"})
    String size = "IMIX";

    private final PcapngBlocks blocks = new PcapngBlocks(BUFFER_BYTES);
    private final ByteBuffer bytes = ByteBuffer.allocate(RingImage.PACKETS * FRAME_BYTES_MAX);
    private List<Integer> lengths = List.of();
    private long sequence;

    @Setup
    public void fill() {
        lengths = Mix.parse(size).lengths();
    }

    @Benchmark
    @OperationsPerInvocation(RingImage.PACKETS)
    public ByteBuffer write() {
        int at = 0;
        for (int i = 0; i < RingImage.PACKETS; i++) {
            int length = lengths.get(i % lengths.size());
            blocks.packet(0, sequence, FROM_POD, sequence, 0, length, bytes.array(), at, length);
            at += length;
            sequence++;
        }
        return blocks.take();
    }
}
