package org.lawtap.sink.rebuild;

/** Something outside that keeps the files from being made: no such topic, a broker that is away. The message says what to look at. */
public final class RebuildException extends Exception {
    private static final long serialVersionUID = 1L;

    public RebuildException(String message) {
        super(message);
    }

    public RebuildException(String message, Throwable cause) {
        super(message, cause);
    }
}
