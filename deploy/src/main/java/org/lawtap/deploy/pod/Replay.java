package org.lawtap.deploy.pod;

import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Sends each frame of a capture file out of the pod's eth0, in order and as it stands.
 *
 * <p>It must not outrun the kernel: a veth hands frames to a per-CPU queue (net.core.netdev_max_backlog) that drops what does
 * not fit. So frames go in small bursts, a frame that the kernel says it dropped is sent again, and after each stretch the
 * device's own counters are compared with what was sent.
 */
final class Replay {
    /** Far below the default backlog of 1,000 frames. */
    private static final int BURST_FRAMES = 32;

    private static final int FRAMES_PER_CHECK = 1024;
    private static final int FRAMES_PER_PROGRESS = 2000;
    private static final int SKIPS_NAMED_MAX = 1000;
    private static final int SENDS_PER_FRAME_MAX = 50;
    private static final long FULL_QUEUE_PAUSE_NS = 2_000_000;
    private static final long SECOND_NS = 1_000_000_000;
    private static final int VLAN_TAG_BYTES = 4;
    private static final int ETHERTYPE_OFFSET = 12;
    private static final int ETHERTYPE_VLAN = 0x8100;

    private final Consumer<String> out;
    private final int framesPerSecond;
    private long sent;
    private long skipped;

    Replay(int framesPerSecond, Consumer<String> out) {
        this.framesPerSecond = framesPerSecond;
        this.out = out;
    }

    /**
     * Runs to the file's end and says so with {@code replayed SENT skipped K dropped D}; D are frames that the device dropped
     * without an error to the sender.
     */
    void run(Path path) throws CaptureFileException, IOException {
        long total = CaptureFile.survey(path).frames();
        NetworkInterface device = NetworkInterface.getByName(PodAgent.DEVICE);
        if (device == null) {
            throw new IOException("this network namespace has no " + PodAgent.DEVICE);
        }
        int mtu = device.getMTU();
        PodCounters before = counters();
        try (CaptureFile file = CaptureFile.open(path);
                RawSender sender = new RawSender(device.getIndex())) {
            long burstNs = SECOND_NS * BURST_FRAMES / framesPerSecond;
            long due = System.nanoTime();
            for (Optional<CaptureFile.Frame> next = file.next(); next.isPresent(); next = file.next()) {
                CaptureFile.Frame frame = next.get();
                send(sender, frame, mtu);
                if (frame.number() % BURST_FRAMES == 0) {
                    due = pace(due + burstNs);
                }
                if (frame.number() % FRAMES_PER_CHECK == 0) {
                    letQueueDrain(before);
                }
                if (frame.number() % FRAMES_PER_PROGRESS == 0) {
                    out.accept("progress " + frame.number() + " " + total);
                }
            }
        }
        long dropped = letQueueDrain(before);
        out.accept("replayed " + sent + " skipped " + skipped + " dropped " + dropped);
    }

    /** Waits for a burst's end; time lost earlier is not made up for, as that would be a burst of its own. */
    private static long pace(long due) {
        long now = System.nanoTime();
        if (due - now <= 0) {
            return now;
        }
        while (due - System.nanoTime() > 0) {
            LockSupport.parkNanos(due - System.nanoTime());
        }
        return due;
    }

    private void send(RawSender sender, CaptureFile.Frame frame, int mtu) {
        byte[] bytes = frame.bytes();
        int longest = mtu + RawSender.ETHERNET_HEADER_BYTES + (tagged(bytes) ? VLAN_TAG_BYTES : 0);
        if (bytes.length < RawSender.ETHERNET_HEADER_BYTES) {
            skip(frame, "shorter than an Ethernet header of 14 bytes");
        } else if (bytes.length > longest) {
            skip(frame, "longer than the interface takes, " + longest + " bytes");
        } else {
            int errno = sendPatiently(sender, bytes);
            if (errno == 0) {
                sent++;
            } else {
                skip(frame, "the kernel did not take it: " + Errno.name(errno));
            }
        }
    }

    private static int sendPatiently(RawSender sender, byte[] bytes) {
        int errno = sender.send(bytes);
        for (int again = 1; again < SENDS_PER_FRAME_MAX && passes(errno); again++) {
            LockSupport.parkNanos(FULL_QUEUE_PAUSE_NS);
            errno = sender.send(bytes);
        }
        return errno;
    }

    private static boolean passes(int errno) {
        return errno == Errno.ENOBUFS || errno == Errno.EAGAIN || errno == Errno.EINTR;
    }

    private static boolean tagged(byte[] bytes) {
        return bytes.length > ETHERTYPE_OFFSET + 1
                && ((bytes[ETHERTYPE_OFFSET] & 0xFF) << 8 | (bytes[ETHERTYPE_OFFSET + 1] & 0xFF)) == ETHERTYPE_VLAN;
    }

    private void skip(CaptureFile.Frame frame, String reason) {
        skipped++;
        if (skipped <= SKIPS_NAMED_MAX) {
            out.accept("skipped " + frame.number() + " " + frame.bytes().length + " " + reason);
        }
    }

    /** Pauses while the device still owes frames; returns how many it dropped in spite of a successful send. */
    private long letQueueDrain(PodCounters before) throws IOException {
        long missing = missing(before);
        for (int pause = 0; missing > 0 && pause < SENDS_PER_FRAME_MAX; pause++) {
            LockSupport.parkNanos(FULL_QUEUE_PAUSE_NS);
            missing = missing(before);
            if (counters().sendDropped() > before.sendDropped()) {
                break;
            }
        }
        return Math.max(0, missing);
    }

    private long missing(PodCounters before) throws IOException {
        return sent - (counters().sentPackets() - before.sentPackets());
    }

    private static PodCounters counters() throws IOException {
        return PodCounters.read(Path.of("/proc/self/net/dev"), PodAgent.DEVICE);
    }
}
