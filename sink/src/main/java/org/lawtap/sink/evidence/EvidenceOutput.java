package org.lawtap.sink.evidence;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;

/** Where an {@link EvidenceSeries} goes: capture files, each with its ledger, one pair after the other. Owned by one thread. */
public interface EvidenceOutput extends AutoCloseable {
    /** Whose evidence this is. */
    WarrantId warrant();

    /** Begins the next files; the present ones must be finished. */
    void next() throws IOException;

    /** Whether files are open. */
    boolean present();

    /** The present files' number, from 1. */
    int number();

    /** The present capture file's name. */
    String name();

    /** Bytes of the present capture file. */
    long length();

    /** Appends whole blocks to the capture file. */
    void append(ByteBuffer blocks) throws IOException, EvidenceException;

    /** Appends lines to the ledger. */
    void appendLedger(ByteBuffer lines) throws IOException, EvidenceException;

    /** Makes what was written durable. */
    void force() throws IOException;

    /** Ends the present files; null if there are none. */
    @Nullable
    Ended finish() throws IOException, EvidenceException;

    @Override
    void close() throws IOException;

    /** The capture file and the ledger that were ended. */
    record Ended(int number, FileDigest capture, FileDigest ledger) {}
}
