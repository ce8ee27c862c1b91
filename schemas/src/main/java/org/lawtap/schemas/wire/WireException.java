package org.lawtap.schemas.wire;

/** A Kafka value that does not follow its topic's schema or the rules of its records. The record is set aside, never the reader. */
public final class WireException extends Exception {
    private static final long serialVersionUID = 1L;

    public WireException(String message, Throwable cause) {
        super(message, cause);
    }
}
