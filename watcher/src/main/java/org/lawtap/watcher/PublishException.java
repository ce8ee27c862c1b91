package org.lawtap.watcher;

/** The topic took nothing more from this leader: its term is over. What stands in the topic is whole. */
final class PublishException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why a term ended. */
    enum Reason {
        /** A later leader has opened the topic. */
        FENCED,
        /** Kafka did not do its part. */
        FAILED,
        /** There is no such topic any more. */
        TOPIC_GONE
    }

    private final Reason reason;

    PublishException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    Reason reason() {
        return reason;
    }
}
