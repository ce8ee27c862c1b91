package org.lawtap.deploy.demo;

/** The demo can't begin, can't go on or found evidence that is not right; the message is one sentence for its user. */
public final class DemoException extends Exception {
    private static final long serialVersionUID = 1L;

    public DemoException(String message) {
        super(message);
    }

    public DemoException(String message, Throwable cause) {
        super(message, cause);
    }
}
