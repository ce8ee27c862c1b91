package org.lawtap.deploy.sandbox;

/** The machine did not do what the sandbox asked of it; the message is one sentence that says what and for which name. */
public final class SandboxException extends Exception {
    private static final long serialVersionUID = 1L;

    SandboxException(String message) {
        super(message);
    }

    SandboxException(String message, Throwable cause) {
        super(message, cause);
    }
}
