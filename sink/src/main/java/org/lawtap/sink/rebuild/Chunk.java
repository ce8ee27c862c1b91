package org.lawtap.sink.rebuild;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.sink.evidence.ReadRecord;

/** Records that follow each other, filled by one thread, hashed and read by another, filed by a third; then filled again. */
final class Chunk {
    private static final int RECORDS_MAX = 256;
    private static final int BYTES_MAX = 1 << 20;

    private final MerkleTree hashing = new MerkleTree();
    private final List<ReadRecord> records = new ArrayList<>();
    private int size;
    private long bytes;

    /** Whether it takes no more. */
    boolean full() {
        return size == RECORDS_MAX || bytes >= BYTES_MAX;
    }

    void add(long offset, byte @Nullable [] value) {
        if (size == records.size()) {
            records.add(new ReadRecord());
        }
        records.get(size++).set(offset, value);
        bytes += value == null ? 0 : value.length;
    }

    /** Hashes and reads the records. */
    Chunk read() {
        for (ReadRecord record : records()) {
            record.read(hashing);
        }
        return this;
    }

    List<ReadRecord> records() {
        return records.subList(0, size);
    }

    /** Bytes of all values. */
    long bytes() {
        return bytes;
    }

    void clear() {
        size = 0;
        bytes = 0;
    }
}
