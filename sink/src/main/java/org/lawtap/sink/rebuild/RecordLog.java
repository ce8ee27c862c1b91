package org.lawtap.sink.rebuild;

import java.util.List;

/** The records of one packet topic, from its beginning to where it ended when it was opened. Owned by one thread. */
public interface RecordLog extends AutoCloseable {
    /** Offset of the first record that there still is. */
    long first();

    /** Offset after the last record. */
    long end();

    /** The next records in the order of their offsets; none at the end. */
    List<LogRecord> next() throws RebuildException, InterruptedException;

    @Override
    void close();
}
