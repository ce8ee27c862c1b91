package org.lawtap.sink.verify;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.headers.FrameHeaders;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.sink.pcapng.PcapngBlocks;
import org.lawtap.sink.pcapng.PcapngReader;

/**
 * Every byte of a capture file against what its records make of it: descriptions, statistics and the fields around each packet have
 * one form only. It begins anew with each file; inside a file it stops at the first difference. Owned by one thread.
 */
final class CaptureComparison implements Closeable {
    private static final String APPLICATION = "lawtap evidence format 3";
    private static final String HEADERS_ONLY = " scope=HEADERS, content left out";
    private static final int INITIAL_BYTES = 1 << 12;
    private static final int READ_BYTES = 1 << 16;
    private static final int DIRECTION = 3;
    private static final int TOLD_BY_FLAGS = DIRECTION | 1 << 9 | 1 << 10 | 1 << 11;

    private final PcapngBlocks blocks = new PcapngBlocks(INITIAL_BYTES);
    private final Map<SessionId, Described> sessions = new LinkedHashMap<>();
    private final byte[] read = new byte[READ_BYTES];
    private byte[] expected = new byte[INITIAL_BYTES];
    private int readFrom;
    private int readTo;
    private @Nullable FileChannel channel;
    private long position;
    private int interfaces;
    private boolean comparing;
    private long differenceAt = -1;

    private static final class Described {
        private final SessionOpened opened;
        private int interfaceId;
        private long next;
        private long dropped;
        private long droppedToTell;
        private final List<ByteBuffer> addresses = new ArrayList<>();
        private @Nullable Checkpoint last;

        Described(SessionOpened opened) {
            this.opened = opened;
        }

        boolean ended() {
            Checkpoint checkpoint = last;
            return checkpoint != null && checkpoint.endReason() != null;
        }
    }

    /** Begins a file; sessions that run are described in it again. */
    void begin(@Nullable Path file) throws IOException {
        channel = file == null ? null : FileChannel.open(file, StandardOpenOption.READ);
        comparing = file != null;
        position = 0;
        differenceAt = -1;
        readFrom = 0;
        readTo = 0;
        interfaces = 0;
        blocks.sectionHeader(APPLICATION);
        sessions.forEach((id, session) -> {
            if (!session.ended()) {
                describe(id, session);
            }
        });
        compare();
    }

    void opened(SessionId id, SessionOpened statement) throws IOException {
        Described session = new Described(statement);
        if (sessions.putIfAbsent(id, session) == null) {
            describe(id, session);
            compare();
        }
    }

    /** A packet as it stands in the file. */
    void packet(SessionId id, PcapngReader.Frame frame) throws IOException {
        Described session = sessions.get(id);
        if (session == null) {
            stop();
            return;
        }
        blocks.packet(
                session.interfaceId,
                frame.timeNs(),
                frame.flags() & TOLD_BY_FLAGS,
                frame.id(),
                frame.id() - session.next + session.droppedToTell,
                frame.originalLength(),
                frame.data().array(),
                frame.data().arrayOffset() + frame.data().position(),
                frame.data().remaining());
        session.droppedToTell = 0;
        session.next = frame.id() + 1;
        compare();
    }

    void checkpoint(SessionId id, Checkpoint checkpoint) throws IOException {
        Described session = sessions.get(id);
        if (session == null) {
            stop();
            return;
        }
        session.droppedToTell += checkpoint.kernelDrop() - session.dropped;
        session.dropped = checkpoint.kernelDrop();
        session.last = checkpoint;
        names(session, checkpoint.addresses());
        session.addresses.addAll(checkpoint.addresses());
        if (checkpoint.endReason() != null) {
            statistics(session, checkpoint);
        }
        compare();
    }

    /** The rest of the file can't be compared: its records are not all known. */
    void stop() {
        comparing = false;
    }

    /** Ends a file. @param another a file follows @return the byte of the first difference, or -1 */
    long end(boolean another) throws IOException {
        if (another) {
            for (Described session : sessions.values()) {
                Checkpoint checkpoint = session.last;
                if (checkpoint != null && checkpoint.endReason() == null) {
                    statistics(session, checkpoint);
                }
            }
            compare();
        }
        FileChannel open = channel;
        if (open != null && comparing && open.size() > position) {
            differenceAt = position;
        }
        close();
        return differenceAt;
    }

    @Override
    public void close() throws IOException {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            open.close();
        }
    }

    private void compare() throws IOException {
        ByteBuffer taken = blocks.take();
        FileChannel open = channel;
        if (!comparing || open == null) {
            return;
        }
        int length = taken.remaining();
        if (expected.length < length) {
            expected = new byte[2 * length];
        }
        taken.get(expected, 0, length);
        int compared = 0;
        while (compared < length) {
            if (readFrom == readTo && !readMore(open)) {
                differ(position);
                return;
            }
            int count = Math.min(readTo - readFrom, length - compared);
            int difference = Arrays.mismatch(read, readFrom, readFrom + count, expected, compared, compared + count);
            if (difference >= 0) {
                differ(position + difference);
                return;
            }
            readFrom += count;
            compared += count;
            position += count;
        }
    }

    private boolean readMore(FileChannel open) throws IOException {
        readFrom = 0;
        readTo = Math.max(0, open.read(ByteBuffer.wrap(read), position));
        return readTo > 0;
    }

    private void differ(long at) {
        differenceAt = at;
        comparing = false;
    }

    private void describe(SessionId id, Described session) {
        SessionOpened opened = session.opened;
        session.interfaceId = interfaces++;
        blocks.interfaceDescription(new PcapngBlocks.Interface(
                opened.linkType(),
                opened.snapLength(),
                opened.interfaceName(),
                "%s/%s uid=%s node=%s session=%s warrant=%s%s"
                        .formatted(
                                opened.pod().namespace(),
                                opened.pod().name(),
                                opened.pod().uid(),
                                opened.node(),
                                id,
                                opened.warrant(),
                                opened.headersOnly() ? HEADERS_ONLY : ""),
                opened.podHardwareAddress(),
                opened.filter(),
                opened.kernel()));
        names(session, session.addresses);
    }

    private void names(Described session, List<ByteBuffer> addresses) {
        if (!addresses.isEmpty()) {
            String pod =
                    session.opened.pod().name() + "." + session.opened.pod().namespace();
            blocks.nameResolution(addresses.stream()
                    .map(address -> new PcapngBlocks.Named(address, List.of(pod)))
                    .toList());
        }
    }

    private void statistics(Described session, Checkpoint checkpoint) {
        blocks.statistics(
                session.interfaceId,
                new PcapngBlocks.Statistics(
                        session.opened.openedAtNs(),
                        checkpoint.atNs(),
                        checkpoint.interfaceNow().tapped()
                                - checkpoint.interfaceAtArm().tapped(),
                        checkpoint.kernelReceived(),
                        checkpoint.kernelDrop(),
                        checkpoint.delivered()));
    }

    /** The direction that a block's flags say. @return null if they say none that there is */
    static Packet.@Nullable Direction direction(int blockFlags) {
        return switch (blockFlags & DIRECTION) {
            case 0 -> Packet.Direction.UNKNOWN;
            case 1 -> Packet.Direction.FROM_POD;
            case 2 -> Packet.Direction.TO_POD;
            default -> null;
        };
    }

    /** The packet's flags that its block alone leads to. */
    static int flags(PcapngReader.Frame frame) {
        int blockFlags = frame.flags();
        int length = frame.data().remaining();
        boolean cut = length < frame.originalLength() && length <= FrameHeaders.BYTES_MAX;
        return ((blockFlags & 1 << 9) != 0 ? Packet.CHECKSUM_NOT_READY : 0)
                | ((blockFlags & 1 << 10) != 0 ? Packet.CHECKSUM_VALID : 0)
                | ((blockFlags & 1 << 11) != 0 ? Packet.SEGMENTATION_PENDING : 0)
                | (cut ? Packet.CUT_BY_SCOPE : 0);
    }
}
