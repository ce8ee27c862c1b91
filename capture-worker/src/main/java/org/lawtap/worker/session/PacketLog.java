package org.lawtap.worker.session;

import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;

/** Where sessions send their records; keeps the order of each warrant's records and gives nothing up silently. */
public interface PacketLog {
    /** Whether there is room for this warrant; while there is none, its packets stay in the rings, where the kernel counts. */
    boolean hasRoom(WarrantId warrant);

    /**
     * Whether the last packets of a session that ends may still be sent where there is no room: it can't wait for some. Room for its
     * account is kept free.
     */
    boolean takesLast(WarrantId warrant);

    /**
     * Sends a record; never blocks for long.
     *
     * @param value the record as it will stand in the warrant's topic; the log's own from now on
     */
    void send(WarrantId warrant, SessionId session, byte[] value);

    /** Moves what waits; returns the work done. Call it each round. */
    int doWork();

    /** Whether a record of this session could not be stored, so that the session must end. */
    boolean failed(SessionId session);
}
