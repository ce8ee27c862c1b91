package org.lawtap.sink.rebuild;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Enhanced packet blocks in the order of time, then interface, then sequence, in a file that is read once, block by block. Owned by
 * one thread.
 */
final class Run implements AutoCloseable, Comparable<Run> {
    private static final int BUFFER_BYTES = 1 << 18;
    private static final int HEAD_BYTES = 8;

    private final FileChannel channel;
    private ByteBuffer buffer =
            ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private int start;
    private int length;
    private long timeNs;
    private int interfaceId;
    private long sequence;

    private Run(FileChannel channel) {
        this.channel = channel;
    }

    /** Opens a run; it stands before its first block. */
    static Run open(Path file) throws IOException {
        return new Run(FileChannel.open(file, StandardOpenOption.READ));
    }

    /** Goes to the next block; false at the end. */
    boolean next() throws IOException {
        start += length;
        length = 0;
        if (!has(HEAD_BYTES)) {
            if (buffer.limit() > start) {
                throw new EOFException("a run ends inside a block");
            }
            return false;
        }
        int bytes = buffer.getInt(start + Integer.BYTES);
        if (!has(bytes)) {
            throw new EOFException("a run ends inside a block");
        }
        length = bytes;
        timeNs = PacketBlocks.timeNs(buffer, start);
        interfaceId = PacketBlocks.interfaceId(buffer, start);
        sequence = PacketBlocks.sequence(buffer, start);
        return true;
    }

    /** The present block; valid until the next one. */
    ByteBuffer block() {
        return buffer.slice(start, length);
    }

    @Override
    public int compareTo(Run other) {
        int order = Long.compare(timeNs, other.timeNs);
        if (order == 0) {
            order = Integer.compare(interfaceId, other.interfaceId);
        }
        return order == 0 ? Long.compare(sequence, other.sequence) : order;
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Whether this many bytes from the block's start on are in the buffer, or could be read into it. */
    private boolean has(int bytes) throws IOException {
        if (buffer.limit() - start >= bytes) {
            return true;
        }
        buffer.position(start);
        if (bytes > buffer.capacity()) {
            buffer = ByteBuffer.allocate(2 * bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put(buffer);
        } else {
            buffer.compact();
        }
        start = 0;
        while (buffer.position() < bytes && channel.read(buffer) >= 0) {
            // Until there is enough, or no more.
        }
        buffer.flip();
        return buffer.limit() >= bytes;
    }
}
