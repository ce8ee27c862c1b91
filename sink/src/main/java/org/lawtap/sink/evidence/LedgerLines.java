package org.lawtap.sink.evidence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.lawtap.schemas.headers.FrameHeaders;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.PacketBatchReader;

/**
 * The lines of a ledger: what each record of the log became, with the leaf that its session's next checkpoint vouches for.
 *
 * <pre>
 *   {"form":"lawtap ledger 1","warrant":W,"topic":T,"number":1,"from":0}
 *   {"o":0,"t":"opened","s":S,"v":BASE64}
 *   {"o":1,"t":"packets","s":S,"n":0,"c":25,"l":LEAF}           or with ,"f":[[first,last,flags],...]
 *   {"o":2,"t":"checkpoint","s":S,"v":BASE64}
 * </pre>
 *
 * Source: docs/evidence.md. Owned by one thread.
 */
final class LedgerLines {
    /** Flags that the flags of a capture file's block tell as well. */
    private static final int TOLD_BY_BLOCK =
            Packet.CHECKSUM_NOT_READY | Packet.CHECKSUM_VALID | Packet.SEGMENTATION_PENDING;

    private final StringBuilder lines = new StringBuilder();

    void header(WarrantId warrant, int number, long from) {
        lines.append("{\"form\":\"lawtap ledger 1\",\"warrant\":\"")
                .append(warrant)
                .append("\",\"topic\":\"")
                .append(Topic.packets(warrant).name())
                .append("\",\"number\":")
                .append(number)
                .append(",\"from\":")
                .append(from)
                .append("}\n");
    }

    void opened(long offset, SessionId session, byte[] value) {
        whole(offset, "opened", session, value);
    }

    void checkpoint(long offset, SessionId session, byte[] value) {
        whole(offset, "checkpoint", session, value);
    }

    private void whole(long offset, String kind, SessionId session, byte[] value) {
        begin(offset, kind);
        session(session);
        lines.append(",\"v\":\"")
                .append(Base64.getEncoder().encodeToString(value))
                .append("\"}\n");
    }

    void packets(long offset, SessionId session, byte[] leaf, PacketBatchReader packets) {
        begin(offset, "packets");
        session(session);
        written(packets, 0);
        leaf(leaf);
        flags(packets);
        lines.append("}\n");
    }

    /** @param from the first of the packets that were written */
    void partial(long offset, SessionId session, byte[] leaf, PacketBatchReader packets, int from) {
        begin(offset, "partial");
        session(session);
        written(packets, from);
        leaf(leaf);
        lines.append("}\n");
    }

    void again(long offset, SessionId session, byte[] leaf) {
        begin(offset, "again");
        session(session);
        leaf(leaf);
        lines.append("}\n");
    }

    void refused(long offset, byte[] leaf, Refusal why) {
        begin(offset, "refused");
        leaf(leaf);
        lines.append(",\"why\":\"").append(why).append("\"}\n");
    }

    /** Takes over another one's lines. */
    void append(LedgerLines others) {
        lines.append(others.lines);
        others.lines.setLength(0);
    }

    /** Characters since the last {@link #take}. */
    int size() {
        return lines.length();
    }

    /** Hands over the lines, whole ones only. */
    ByteBuffer take() {
        ByteBuffer taken = ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.US_ASCII));
        lines.setLength(0);
        return taken;
    }

    private void begin(long offset, String kind) {
        lines.append("{\"o\":").append(offset).append(",\"t\":\"").append(kind).append('"');
    }

    private void session(SessionId session) {
        lines.append(",\"s\":\"").append(session).append('"');
    }

    private void written(PacketBatchReader packets, int from) {
        lines.append(",\"n\":").append(packets.sequence(from)).append(",\"c\":").append(packets.packets() - from);
    }

    private void leaf(byte[] leaf) {
        lines.append(",\"l\":\"").append(HexFormat.of().formatHex(leaf)).append('"');
    }

    /** The flags that a packet's block alone leads to. */
    private static int told(PacketBatchReader packets, int packet) {
        int length = packets.dataLength(packet);
        boolean cut = length < packets.originalLength(packet) && length <= FrameHeaders.BYTES_MAX;
        return (packets.flags(packet) & TOLD_BY_BLOCK) | (cut ? Packet.CUT_BY_SCOPE : 0);
    }

    /** Runs of packets whose flags the capture file does not tell. */
    private void flags(PacketBatchReader packets) {
        String separator = ",\"f\":[";
        int i = 0;
        while (i < packets.packets()) {
            int end = i + 1;
            int flags = packets.flags(i);
            if (flags != told(packets, i)) {
                while (end < packets.packets() && packets.flags(end) == flags && flags != told(packets, end)) {
                    end++;
                }
                lines.append(separator)
                        .append('[')
                        .append(packets.sequence(i))
                        .append(',')
                        .append(packets.sequence(end - 1))
                        .append(',')
                        .append(flags)
                        .append(']');
                separator = ",";
            }
            i = end;
        }
        if (separator.equals(",")) {
            lines.append(']');
        }
    }
}
