package org.lawtap.sink.rebuild;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A log in memory that hands over a different number of records each time. */
final class MemoryLog implements RecordLog {
    private final List<byte[]> values;
    private final Random random;
    private final int atOnceMax;
    private int next;

    MemoryLog(List<byte[]> values, int atOnceMax) {
        this.values = values;
        this.atOnceMax = atOnceMax;
        this.random = new Random(atOnceMax);
    }

    @Override
    public long first() {
        return 0;
    }

    @Override
    public long end() {
        return values.size();
    }

    @Override
    public List<LogRecord> next() {
        List<LogRecord> records = new ArrayList<>();
        for (int more = 1 + random.nextInt(atOnceMax); more > 0 && next < values.size(); more--) {
            records.add(new LogRecord(next, values.get(next)));
            next++;
        }
        return records;
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
