package org.lawtap.deploy.bench.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.lawtap.sink.rebuild.LogRecord;
import org.lawtap.sink.rebuild.RebuildException;
import org.lawtap.sink.rebuild.RecordLog;

/**
 * The records of a packet topic in a file, in Kafka's place: each value behind its length.
 *
 * <pre>
 *   i32 length | value | i32 length | value | ...
 * </pre>
 *
 * Like a Kafka consumer it reads some MiB at once and hands over a new array for each value. Owned by one thread.
 */
public final class RecordFile implements RecordLog {
    private static final int READ_BYTES = 4 << 20;
    private static final int RECORDS_AT_ONCE_MAX = 64;

    private final FileChannel channel;
    private final long end;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES).limit(0);
    private long offset;

    private RecordFile(FileChannel channel, long end) {
        this.channel = channel;
        this.end = end;
    }

    /** Opens a file. @param records how many are in it */
    public static RecordFile open(Path file, long records) throws IOException {
        return new RecordFile(FileChannel.open(file, StandardOpenOption.READ), records);
    }

    @Override
    public long first() {
        return 0;
    }

    @Override
    public long end() {
        return end;
    }

    @Override
    public List<LogRecord> next() throws RebuildException {
        List<LogRecord> records = new ArrayList<>(RECORDS_AT_ONCE_MAX);
        try {
            while (offset < end && records.size() < RECORDS_AT_ONCE_MAX) {
                require(Integer.BYTES);
                byte[] value = new byte[buffer.getInt()];
                require(value.length);
                buffer.get(value);
                records.add(new LogRecord(offset++, value));
            }
        } catch (IOException e) {
            throw new RebuildException("the file of records can't be read: " + e.getMessage(), e);
        }
        return records;
    }

    private void require(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            buffer.compact();
            while (buffer.position() < bytes && channel.read(buffer) >= 0) {
                // Until there is enough.
            }
            buffer.flip();
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new IllegalStateException("a file that was read could not be closed", e);
        }
    }
}
