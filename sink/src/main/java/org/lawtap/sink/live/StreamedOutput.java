package org.lawtap.sink.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.sink.evidence.EvidenceOutput;
import org.lawtap.sink.evidence.FileDigest;
import org.lawtap.sink.pcapng.PcapngBlocks;

/**
 * A series as one stream without an end, and without ledgers: nothing touches a disk. While it is mute it passes on what describes
 * interfaces and names, and no packets. Owned by one thread.
 */
final class StreamedOutput implements EvidenceOutput {
    private static final int LENGTH_AT = 4;

    private final WarrantId warrant;
    private final WritableByteChannel channel;
    private boolean begun;
    private boolean mute;

    StreamedOutput(WarrantId warrant, WritableByteChannel channel) {
        this.warrant = warrant;
        this.channel = channel;
    }

    /** Whether packets are left out from now on. */
    void mute(boolean now) {
        mute = now;
    }

    boolean isMute() {
        return mute;
    }

    @Override
    public WarrantId warrant() {
        return warrant;
    }

    @Override
    public void next() {
        if (begun) {
            throw new IllegalStateException("a stream has one part");
        }
        begun = true;
    }

    @Override
    public boolean present() {
        return begun;
    }

    @Override
    public int number() {
        return begun ? 1 : 0;
    }

    @Override
    public String name() {
        return "stream";
    }

    /** Never long enough for another part. */
    @Override
    public long length() {
        return 0;
    }

    @Override
    public void append(ByteBuffer blocks) throws IOException {
        if (!mute) {
            write(blocks);
            return;
        }
        ByteBuffer read = blocks.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        while (read.hasRemaining()) {
            int type = read.getInt(read.position());
            int length = read.getInt(read.position() + LENGTH_AT);
            if (type != PcapngBlocks.ENHANCED_PACKET && type != PcapngBlocks.INTERFACE_STATISTICS) {
                write(read.slice(read.position(), length));
            }
            read.position(read.position() + length);
        }
    }

    @Override
    public void appendLedger(ByteBuffer lines) {
        // Ledgers belong to the evidence.
    }

    @Override
    public void force() {
        // A stream has nothing to make durable.
    }

    @Override
    public @Nullable Ended finish() {
        if (!begun) {
            return null;
        }
        return new Ended(1, new FileDigest(name(), 0, ""), new FileDigest(name(), 0, ""));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
