package org.lawtap.worker.engine;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Packet;
import org.lawtap.worker.kernel.FilterPrograms;
import org.lawtap.worker.kernel.KernelException;
import org.lawtap.worker.kernel.PacketRing;

/** The ring as a packet source: a frame is copied out once, its VLAN tag put back where the wire had it. */
final class RingSource implements PacketSource {
    private static final int TAG_BYTES = 4;
    private static final int ADDRESSES_BYTES = 12;

    private final PacketRing ring;
    private long received;
    private long dropped;

    private RingSource(PacketRing ring) {
        this.ring = ring;
    }

    static RingSource open(int interfaceIndex, long ringBytes) throws KernelException {
        return new RingSource(PacketRing.open(interfaceIndex, ringBytes));
    }

    @Override
    public String engine() {
        return "ring";
    }

    @Override
    public int poll(Handler handler, int packetsMax) {
        return ring.drain(
                (timeNs, type, notReady, tpid, tci, originalLength, memory, offset, length) -> {
                    Packet.Direction direction =
                            type == PacketRing.PACKET_OUTGOING ? Packet.Direction.TO_POD : Packet.Direction.FROM_POD;
                    int flags = notReady ? Packet.CHECKSUM_NOT_READY : 0;
                    if (tpid == 0) {
                        handler.packet(timeNs, direction, flags, originalLength, copy(memory, offset, length));
                    } else {
                        handler.packet(
                                timeNs,
                                direction,
                                flags | Packet.VLAN_RESTORED,
                                originalLength + TAG_BYTES,
                                copyTagged(memory, offset, length, tpid, tci));
                    }
                },
                packetsMax);
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
        ring.close();
    }

    private static ByteBuffer copy(MemorySegment memory, long offset, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, bytes, 0, length);
        return ByteBuffer.wrap(bytes);
    }

    private static ByteBuffer copyTagged(MemorySegment memory, long offset, int length, int tpid, int tci) {
        byte[] bytes = new byte[length + TAG_BYTES];
        int head = Math.min(length, ADDRESSES_BYTES);
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, bytes, 0, head);
        ByteBuffer.wrap(bytes).putShort(head, (short) tpid).putShort(head + 2, (short) tci);
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset + head, bytes, head + TAG_BYTES, length - head);
        return ByteBuffer.wrap(bytes);
    }
}
