package org.lawtap.warrants.topology;

/** What a step of the topology puts out, still in one stream; the last hop sorts it into topics. */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
sealed interface Out {
    byte[] value();

    /** A pod event or order on its way to its namespace. */
    record Placed(byte[] value) implements Out {}

    /** A command; its key is the node. */
    record ToNode(byte[] value) implements Out {}

    /** A custody event. */
    record Custody(byte[] value) implements Out {}

    /** A record that can't be read, as it came; its headers say where it stood and why it was set aside. */
    record DeadLetter(byte[] value) implements Out {}
}
