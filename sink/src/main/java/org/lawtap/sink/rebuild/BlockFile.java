package org.lawtap.sink.rebuild;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A new file to which blocks are written through a buffer. Owned by one thread. */
final class BlockFile implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

    private BlockFile(FileChannel channel) {
        this.channel = channel;
    }

    static BlockFile create(Path file) throws IOException {
        return new BlockFile(FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    }

    void put(ByteBuffer block) throws IOException {
        if (block.remaining() > buffer.remaining()) {
            flush();
        }
        if (block.remaining() > buffer.capacity()) {
            write(block);
        } else {
            buffer.put(block);
        }
    }

    /** Makes all of it durable. */
    void force() throws IOException {
        flush();
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            flush();
        }
    }

    private void flush() throws IOException {
        write(buffer.flip());
        buffer.clear();
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
