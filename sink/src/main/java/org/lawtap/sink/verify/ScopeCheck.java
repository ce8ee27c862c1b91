package org.lawtap.sink.verify;

import java.nio.ByteBuffer;
import org.lawtap.schemas.headers.FrameHeaders;
import org.lawtap.schemas.model.Packet;
import org.lawtap.sink.pcapng.PcapngReader;

/** Whether the packets of one record keep to the scope of their session. Owned by one thread. */
final class ScopeCheck {
    private final boolean headersOnly;
    private int packets;
    private long beyond;
    private long misflagged;
    private long cutBytes;

    ScopeCheck(boolean headersOnly) {
        this.headersOnly = headersOnly;
    }

    /** Takes the next packet. @param flags those of {@link Packet} */
    void packet(PcapngReader.Frame frame, int flags) {
        int length = frame.data().remaining();
        boolean cut = headersOnly && length < frame.originalLength();
        packets++;
        beyond += headersOnly && length > headers(frame.data()) ? 1 : 0;
        misflagged += cut == ((flags & Packet.CUT_BY_SCOPE) != 0) ? 0 : 1;
        cutBytes += cut ? frame.originalLength() - length : 0;
    }

    /** Packets taken. */
    int packets() {
        return packets;
    }

    /** Bytes that their frames had and that were left out. */
    long cutBytes() {
        return cutBytes;
    }

    /** What is wrong with them, or nothing. */
    String problem() {
        if (beyond > 0) {
            return beyond + " packets hold more than their headers, and the session is of headers only";
        }
        return misflagged == 0
                ? ""
                : misflagged + " packets are not flagged as what they are: cut by the scope, or whole";
    }

    private static int headers(ByteBuffer data) {
        return FrameHeaders.length(new FrameHeaders.Bytes() {
            @Override
            public int length() {
                return data.remaining();
            }

            @Override
            public int unsignedByte(int index) {
                return Byte.toUnsignedInt(data.get(data.position() + index));
            }
        });
    }
}
