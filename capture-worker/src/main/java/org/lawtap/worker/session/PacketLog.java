package org.lawtap.worker.session;

import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;

/** Where sessions send their records; keeps their order and gives nothing up silently. */
public interface PacketLog {
    /** Whether there is room; while there is none, sessions leave packets in the ring, where the kernel counts what it loses. */
    boolean hasRoom();

    /** Sends a record; never blocks for long. */
    void send(WarrantId warrant, PacketEvent event);

    /** Whether a record of this session could not be stored, so that the session must end. */
    boolean failed(SessionId session);
}
