package org.lawtap.schemas.model;

/** What a custody event reports. */
public enum CustodyAction {
    /** A signed warrant was accepted by the deciding process. */
    WARRANT_ACCEPTED,
    /** A warrant, a revocation or another order about one was refused. */
    WARRANT_REFUSED,
    /** The authority ended a warrant before its time. */
    WARRANT_REVOKED,
    /** A warrant reached its notAfter. */
    WARRANT_ENDED,
    /** START was sent for a pod. */
    CAPTURE_COMMANDED,
    /** STOP was sent for a pod. */
    CAPTURE_STOPPED,
    /** The sensor refused a START, or a pod cannot be captured lawfully. */
    CAPTURE_REFUSED,
    /** A commanded capture found nothing to capture so far, and goes on waiting. */
    CAPTURE_WAITS,
    /** A session captures. */
    SESSION_OPENED,
    /** A device of a captured pod carries packets and has no end on the node: what passes there is not captured. */
    INTERFACE_NOT_COVERED,
    /** Packets pass a session's interface, or reach its pod, without being seen by the tap. */
    TAP_DEGRADED,
    /** A session ended; its account is final. */
    SESSION_CLOSED,
    /** A session goes on where another one ended: how many packets lie between the two, in no file. */
    GAP,
    /** Records of a warrant wait on the node's disk, because Kafka does not take them. */
    SPILL_BEGUN,
    /** The node's disk has no room for a warrant's records either: packets stay in the rings, where the kernel counts. */
    SPILL_FULL,
    /** Nothing of a warrant waits on the node's disk any more. */
    SPILL_DRAINED,
    /** A worker found records on the node's disk that an earlier one had left. */
    SPILL_RECOVERED,
    /** Files or records on the node's disk are not what the worker wrote; they are set aside, not sent. */
    SPILL_DAMAGED,
    /** A captured record could not be stored. */
    RECORD_NOT_STORED,
    /** The account of a session is complete in its file. */
    SESSION_FILED,
    /** A warrant's content is encrypted and its delivery key is not with the sink: nothing is filed until it is. */
    DELIVERY_KEY_MISSING,
    /** Records of a session do not fit its chain, or a seal is not its node's; they are filed all the same. */
    INTEGRITY,
    /** A record came after its warrant was sealed; it stays in the log and is in no file. */
    RECORD_LATE,
    /** Somebody looks at a warrant's content outside of the evidence, or has ended that. */
    CONTENT_ACCESSED,
    /** A warrant is over and its evidence sealed. */
    WARRANT_SEALED,
    /** A seal could not be made, or could not be timestamped, so far; it is tried again. */
    SEAL_DELAYED,
    /** An authority ordered that a warrant's evidence is kept beyond its time. */
    WARRANT_HELD,
    /** A hold ended. */
    WARRANT_RELEASED,
    /** An authority ordered that a warrant's content is destroyed. */
    DESTRUCTION_ORDERED,
    /** The order to destroy can't be carried out, now or at all; the text says why. Nothing was removed. */
    DESTRUCTION_REFUSED,
    /** A warrant's delivery key and capture files were destroyed; what proves that they were is kept. */
    WARRANT_DESTROYED,
    /** What is on disk is not what the log says. */
    EVIDENCE_MISMATCH,
    /** A record that could not be read or broke the rules was set aside; the others went on. */
    RECORD_REFUSED,
    /** A service started although Kafka may lose what it has acknowledged; somebody set that it may. */
    KAFKA_UNSAFE,
    /** An action that this version does not know; the event's text says what it is. */
    OTHER
}
