package org.lawtap.worker.engine;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Packet;
import org.lawtap.worker.kernel.FilterPrograms;
import org.lawtap.worker.kernel.PacketRing;
import org.pcap4j.core.BpfProgram;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapHandle.TimestampPrecision;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.PcapStat;

/**
 * libpcap through pcap4j, the portable second engine. With Ethernet framing a libpcap packet does not say its direction, so two
 * handles capture one direction each and are merged by time. libpcap refuses an interface that is down.
 *
 * <p>Its counters need care: each handle's kernel socket receives both directions, and libpcap sorts out the unwanted one only
 * afterwards, in user space. So each handle counts every packet of the interface, and a drop is of an unknown direction. And a
 * packet comes out only when its block is full or {@link #TIMEOUT_MS} old. While it captures, the counts are those on which both
 * handles agree; after {@link #refuse} they wait until the last block came out, and state what did.
 */
final class Pcap4jSource implements PacketSource {
    private static final int TIMEOUT_MS = 10;
    private static final int DISPATCH_MAX = 1024;

    /** After this time the kernel has handed over the last block, also on a busy machine. */
    private static final long LAST_BLOCK_NS = 10L * TIMEOUT_MS * 1_000_000L;

    private static final String NOTHING = "less 0";

    private final Way fromPod;
    private final Way toPod;
    private final Deque<Captured> ready = new ArrayDeque<>();
    private final CapturedFrame view = new CapturedFrame();
    private long captured;
    private boolean refused = true;
    private long refusedAt = System.nanoTime();

    private Pcap4jSource(Way fromPod, Way toPod) {
        this.fromPod = fromPod;
        this.toPod = toPod;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Captured(long timeNs, Packet.Direction direction, int originalLength, byte[] bytes) {}

    /** One direction's handle. */
    private static final class Way {
        private final PcapHandle handle;
        private final Packet.Direction direction;
        private final int fd;
        private long received;
        private long dropped;
        private int lastReceived;
        private int lastDropped;

        Way(PcapHandle handle, Packet.Direction direction) {
            this.handle = handle;
            this.direction = direction;
            this.fd = fd(handle);
        }
    }

    /** pcap4j keeps its pcap_t to itself. */
    private static int fd(PcapHandle handle) {
        try {
            Field field = PcapHandle.class.getDeclaredField("handle");
            field.setAccessible(true);
            Object[] arguments = {field.get(handle)};
            return NativeLibrary.getInstance("pcap")
                    .getFunction("pcap_get_selectable_fd")
                    .invokeInt(arguments);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("pcap4j hides its pcap_t in another way", e);
        }
    }

    static Pcap4jSource open(String interfaceName, long bufferBytes) throws IOException {
        Way in = way(interfaceName, bufferBytes / 2, PcapHandle.PcapDirection.IN, Packet.Direction.FROM_POD);
        try {
            Way out = way(interfaceName, bufferBytes / 2, PcapHandle.PcapDirection.OUT, Packet.Direction.TO_POD);
            begin(in);
            begin(out);
            return new Pcap4jSource(in, out);
        } catch (IOException e) {
            in.handle.close();
            throw e;
        }
    }

    private static Way way(
            String interfaceName, long bufferBytes, PcapHandle.PcapDirection pcap, Packet.Direction direction)
            throws IOException {
        try {
            // Not immediate mode: libpcap would fall back to a ring of slots of the snap length each, 64 of them in 16
            // MiB.
            PcapHandle handle = new PcapHandle.Builder(interfaceName)
                    .snaplen(PacketRing.SNAP_LENGTH)
                    .timeoutMillis(TIMEOUT_MS)
                    .bufferSize(Math.toIntExact(bufferBytes))
                    .timestampPrecision(TimestampPrecision.NANO)
                    .build();
            handle.setBlockingMode(PcapHandle.BlockingMode.NONBLOCKING);
            handle.setFilter(NOTHING, BpfProgram.BpfCompileMode.OPTIMIZE);
            handle.setDirection(pcap);
            return new Way(handle, direction);
        } catch (PcapNativeException | NotOpenException e) {
            // The message goes to the log, and some networks name interfaces after pods.
            String message = String.valueOf(e.getMessage()).replace(interfaceName, "the interface");
            throw new IOException("libpcap can't capture: " + message, e);
        } catch (LinkageError e) {
            throw new IOException("the engine pcap4j needs libpcap; install the package libpcap0.8", e);
        }
    }

    @Override
    public String engine() {
        return "pcap4j";
    }

    @Override
    public int poll(Handler handler, int packetsMax) throws IOException {
        if (ready.isEmpty()) {
            capture();
        }
        int count = 0;
        boolean room = true;
        while (room && count < packetsMax && !ready.isEmpty()) {
            Captured packet = ready.removeFirst();
            byte[] bytes = packet.bytes();
            view.show(
                    packet.timeNs(),
                    packet.direction(),
                    0,
                    0,
                    0,
                    packet.originalLength(),
                    MemorySegment.ofArray(bytes),
                    0,
                    bytes.length);
            room = handler.frame(view);
            count++;
        }
        return count;
    }

    private int capture() throws IOException {
        List<Captured> more = new ArrayList<>();
        dispatch(fromPod, more);
        dispatch(toPod, more);
        more.sort(Comparator.comparingLong(Captured::timeNs));
        ready.addAll(more);
        captured += more.size();
        return more.size();
    }

    private static void dispatch(Way way, List<Captured> into) throws IOException {
        try {
            way.handle.dispatch(DISPATCH_MAX, (byte[] bytes) -> {
                java.sql.Timestamp time = way.handle.getTimestamp();
                into.add(new Captured(
                        Math.floorDiv(time.getTime(), 1000L) * 1_000_000_000L + time.getNanos(),
                        way.direction,
                        way.handle.getOriginalLength(),
                        bytes));
            });
        } catch (PcapNativeException | NotOpenException e) {
            // The interface went down or away; the session finds out which by rtnetlink.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while capturing", e);
        }
    }

    @Override
    public void accept(@Nullable String filter) throws IOException {
        refused = false;
        set(fromPod, filter == null ? "" : filter);
        set(toPod, filter == null ? "" : filter);
    }

    @Override
    public void refuse() throws IOException {
        refused = true;
        refusedAt = System.nanoTime();
        // Not through libpcap: it would apply the new filter to the packets that wait in its ring as well, and lose
        // them.
        FilterPrograms.attach(fromPod.fd, FilterPrograms.dropAll());
        FilterPrograms.attach(toPod.fd, FilterPrograms.dropAll());
    }

    private static void set(Way way, String filter) throws IOException {
        try {
            way.handle.setFilter(filter, BpfProgram.BpfCompileMode.OPTIMIZE);
        } catch (PcapNativeException | NotOpenException e) {
            throw new IOException("libpcap refused the filter: " + e.getMessage(), e);
        }
    }

    @Override
    public Counts counts() throws IOException {
        count(fromPod);
        count(toPod);
        long agreed = Math.min(fromPod.received, toPod.received);
        long counted = Math.max(fromPod.received, toPod.received);
        long dropped = fromPod.dropped + toPod.dropped;
        if (!refused) {
            long received = Math.max(captured, agreed);
            return new Counts(received, Math.min(dropped, received - captured));
        }
        while ((dropped > 0 || captured < counted) && System.nanoTime() - refusedAt < LAST_BLOCK_NS) {
            if (capture() == 0) {
                Thread.onSpinWait();
            }
        }
        long received = dropped == 0 ? captured : Math.max(captured, counted);
        return new Counts(received, received - captured);
    }

    /** With drops and handles that disagree, packets passed between the two handles' changes of filter. */
    @Override
    public boolean countsExactly() {
        return fromPod.dropped + toPod.dropped == 0 || fromPod.received == toPod.received;
    }

    /** What passed between libpcap's activation and the first filter is not of the capture. */
    private static void begin(Way way) throws IOException {
        count(way);
        way.received = 0;
        way.dropped = 0;
    }

    /** ps_recv and ps_drop wrap at 2^32; on Linux ps_recv includes what was dropped. */
    private static void count(Way way) throws IOException {
        try {
            PcapStat stat = way.handle.getStats();
            int received = (int) stat.getNumPacketsReceived();
            int dropped = (int) stat.getNumPacketsDropped();
            way.received += Integer.toUnsignedLong(received - way.lastReceived);
            way.dropped += Integer.toUnsignedLong(dropped - way.lastDropped);
            way.lastReceived = received;
            way.lastDropped = dropped;
        } catch (PcapNativeException | NotOpenException e) {
            throw new IOException("libpcap gave no statistics: " + e.getMessage(), e);
        }
    }

    @Override
    public boolean takeInterruption() {
        return false;
    }

    @Override
    public int descriptor() {
        return -1;
    }

    @Override
    public void close() {
        fromPod.handle.close();
        toPod.handle.close();
    }
}
