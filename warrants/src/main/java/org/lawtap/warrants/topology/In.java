package org.lawtap.warrants.topology;

/** What reaches the decision: a pod event or an order of the namespace. */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
sealed interface In {
    /** A value of {@code lawtap.pods}. */
    record PodValue(byte[] value) implements In {}

    /** A value of {@code lawtap.warrants}, admitted. */
    record OrderValue(byte[] value) implements In {}
}
