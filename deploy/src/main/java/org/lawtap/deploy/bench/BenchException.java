package org.lawtap.deploy.bench;

/** A benchmark can't begin or can't go on; the message is one sentence for its user. */
public final class BenchException extends Exception {
    private static final long serialVersionUID = 1L;

    public BenchException(String message) {
        super(message);
    }

    public BenchException(String message, Throwable cause) {
        super(message, cause);
    }
}
