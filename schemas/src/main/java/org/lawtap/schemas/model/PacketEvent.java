package org.lawtap.schemas.model;

import java.util.List;

/** One step of a capture session: it opens, packets follow, checkpoints account for them, the last one ends it. */
public sealed interface PacketEvent {
    SessionId session();

    /** The session begins; always its first record. */
    record Opened(SessionId session, SessionOpened statement) implements PacketEvent {}

    /** Packets in the order of their sequence; never empty. */
    record Batch(SessionId session, List<Packet> packets) implements PacketEvent {
        public Batch {
            packets = List.copyOf(packets);
            if (packets.isEmpty()) {
                throw new IllegalArgumentException("session " + session + ": a batch without packets");
            }
        }
    }

    /** The account so far; with an end reason, the session's last record. */
    record Accounted(SessionId session, Checkpoint checkpoint) implements PacketEvent {}
}
