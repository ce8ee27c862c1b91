package org.lawtap.watcher;

import java.time.Duration;

/** The API server did not do what it was asked; the code is HTTP's, or 0 when there was no answer. */
final class ApiException extends Exception {
    /** The resource version or the continue token is older than the server's history. */
    private static final int GONE = 410;

    private static final int UNAUTHORIZED = 401;
    private static final long serialVersionUID = 1L;

    private final int code;
    private final Duration retryAfter;

    /** @param retryAfter how long the server asked to be left alone; zero if it did not */
    ApiException(int code, Duration retryAfter, String message) {
        super(message);
        this.code = code;
        this.retryAfter = retryAfter;
    }

    ApiException(int code, String message) {
        this(code, Duration.ZERO, message);
    }

    int code() {
        return code;
    }

    Duration retryAfter() {
        return retryAfter;
    }

    boolean gone() {
        return code == GONE;
    }

    boolean unauthorized() {
        return code == UNAUTHORIZED;
    }
}
