package org.lawtap.worker.engine;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Packet;
import org.lawtap.worker.kernel.FilterPrograms;
import org.lawtap.worker.kernel.KernelException;
import org.lawtap.worker.kernel.PacketRing;
import org.lawtap.worker.kernel.RingBlocks;

/** The ring as a packet source: frames are shown where the kernel put them. */
final class RingSource implements PacketSource {
    private final PacketRing ring;
    private final RingBudget budget;
    private final long ringBytes;
    private final Showing showing = new Showing();
    private long received;
    private long dropped;
    private boolean closed;

    private RingSource(PacketRing ring, RingBudget budget, long ringBytes) {
        this.ring = ring;
        this.budget = budget;
        this.ringBytes = ringBytes;
    }

    static RingSource open(int interfaceIndex, RingBudget budget) throws KernelException {
        long ringBytes = budget.take();
        try {
            return new RingSource(PacketRing.open(interfaceIndex, ringBytes), budget, ringBytes);
        } catch (KernelException e) {
            budget.giveBack(ringBytes);
            throw e;
        }
    }

    @Override
    public String engine() {
        return "ring";
    }

    @Override
    public int poll(Handler handler, int packetsMax) {
        showing.handler = handler;
        return ring.drain(showing, packetsMax);
    }

    /** Shows each frame of the ring to the handler; one for all, as it is done some dozen times a second for each ring. */
    private static final class Showing implements RingBlocks.FrameHandler {
        private final CapturedFrame view = new CapturedFrame();
        private Handler handler = frame -> false;

        @Override
        public boolean frame(
                long timeNs,
                int type,
                int status,
                int tpid,
                int tci,
                int originalLength,
                MemorySegment memory,
                long offset,
                int length) {
            view.show(
                    timeNs,
                    type == PacketRing.PACKET_OUTGOING ? Packet.Direction.TO_POD : Packet.Direction.FROM_POD,
                    flags(status),
                    tpid,
                    tci,
                    originalLength,
                    memory,
                    offset,
                    length);
            return handler.frame(view);
        }

        private static int flags(int status) {
            int flags = 0;
            if ((status & PacketRing.STATUS_CHECKSUM_NOT_READY) != 0) {
                flags |= Packet.CHECKSUM_NOT_READY;
            }
            if ((status & PacketRing.STATUS_CHECKSUM_VALID) != 0) {
                flags |= Packet.CHECKSUM_VALID;
            }
            if ((status & PacketRing.STATUS_GSO_TCP) != 0) {
                flags |= Packet.SEGMENTATION_PENDING;
            }
            return flags;
        }
    }

    @Override
    public void accept(@Nullable String filter) throws IOException {
        ring.setFilter(filter == null ? FilterPrograms.acceptAll() : Filters.compile(filter));
    }

    @Override
    public void refuse() throws IOException {
        ring.setFilter(FilterPrograms.dropAll());
    }

    @Override
    public Counts counts() throws IOException {
        PacketRing.Statistics more = ring.takeStatistics();
        received += more.packets();
        dropped += more.drops();
        return new Counts(received, dropped);
    }

    @Override
    public boolean takeInterruption() throws IOException {
        return ring.takeError() != 0;
    }

    @Override
    public int descriptor() {
        return ring.fd();
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            budget.giveBack(ringBytes);
            ring.close();
        }
    }
}
