package org.lawtap.deploy.bench.peer;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.lawtap.worker.engine.CapturedFrame;
import org.lawtap.worker.engine.Engine;
import org.lawtap.worker.engine.PacketSource;
import org.lawtap.worker.engine.WarmUp;
import org.lawtap.worker.kernel.PacketRing;
import org.lawtap.worker.kernel.Waiting;

/**
 * lawtap's engine and nothing else, a process of its own: {@code EnginePeer INTERFACE INTERFACE_INDEX RING_BYTES}. Every packet is
 * copied once, as by every peer, and thrown away.
 *
 * <p>All that the benchmarks know of the engine's interface is in this class.
 */
public final class EnginePeer {
    private static final int PACKETS_PER_POLL_MAX = 4096;
    private static final int WAIT_MS_MAX = 50;
    private static final int FRAME_BYTES_MAX = 1 << 19;
    private static final long COUNT_EVERY_NANOS = 200_000_000;
    private static final int LOOPBACK_INDEX = 1;
    private static final int WARM_UP_ROUNDS = 20_000;

    private final PacketSource source;
    private final List<Integer> descriptor;
    private final PacketSource.Handler take = this::take;
    private final AtomicLong kept = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final byte[] into = new byte[FRAME_BYTES_MAX];

    private long counted = System.nanoTime();

    /** Of the copies, so that they are not thought useless. */
    private long bytes;

    private EnginePeer(PacketSource source) {
        this.source = source;
        this.descriptor = List.of(source.descriptor());
    }

    /** The process's entry. */
    public static void main(String[] arguments) throws IOException {
        long ringBytes = Long.parseLong(arguments[2]);
        WarmUp.run();
        warmUp();
        try (PacketSource source = Engine.of(Engine.Kind.RING, ringBytes, Long.MAX_VALUE)
                .open(arguments[0], Integer.parseInt(arguments[1]))) {
            EnginePeer peer = new EnginePeer(source);
            source.accept(null);
            Answers.serve(() -> Answers.line(peer.kept.get(), peer.dropped.get()));
            System.out.println("ready");
            while (peer.bytes >= 0) {
                peer.turn(WAIT_MS_MAX);
            }
        }
    }

    /** As {@link WarmUp} does it, for this class's own loop. */
    private static void warmUp() throws IOException {
        try (PacketSource source = Engine.of(Engine.Kind.RING, PacketRing.RING_BYTES_MIN, Long.MAX_VALUE)
                .open("lo", LOOPBACK_INDEX)) {
            EnginePeer peer = new EnginePeer(source);
            for (int round = 0; round < WARM_UP_ROUNDS; round++) {
                peer.turn(0);
            }
        }
    }

    private void turn(int waitMs) throws IOException {
        int count = source.poll(take, PACKETS_PER_POLL_MAX);
        if (count == 0) {
            if (System.nanoTime() - counted > COUNT_EVERY_NANOS) {
                dropped.setRelease(source.counts().dropped());
                counted = System.nanoTime();
            }
            Waiting.forAny(descriptor, waitMs);
        } else {
            kept.setRelease(kept.getPlain() + count);
        }
    }

    private boolean take(CapturedFrame frame) {
        frame.copyTo(into, 0);
        bytes += frame.length();
        return true;
    }
}
