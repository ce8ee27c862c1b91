package org.lawtap.deploy.bench.micro;

import org.lawtap.deploy.bench.Mix;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.wire.PacketBatch;
import org.lawtap.worker.engine.CapturedFrame;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** From a ring's block to the value of a packet record: the walk, Avro and all copies of the bytes. */
@State(Scope.Thread)
public class BatchBench {
    @Param({"64", "512", "1514", "IMIX"})
    String size = "IMIX";

    private final PacketBatch batch = new PacketBatch(SessionId.parse("00000000-0000-0000-0000-0000000000aa"));
    private final CapturedFrame frame = new CapturedFrame();
    private RingImage ring = new RingImage(Mix.IMIX);
    private long sequence;

    @Setup
    public void fill() {
        ring = new RingImage(Mix.parse(size));
    }

    @Benchmark
    @OperationsPerInvocation(RingImage.PACKETS)
    public byte[] encode() {
        ring.drain((timeNs, type, status, tpid, tci, originalLength, memory, offset, length) -> {
            frame.show(timeNs, Packet.Direction.FROM_POD, status, tpid, tci, originalLength, memory, offset, length);
            int at = batch.add(
                    sequence++, frame.timeNs(), frame.direction(), frame.flags(), originalLength, frame.length());
            frame.copyTo(batch.array(), at);
            return true;
        });
        return batch.take();
    }
}
