package org.lawtap.deploy.pod;

/** A pod's process could not be started, did not answer, or answered with an error. */
public final class PodException extends Exception {
    private static final long serialVersionUID = 1L;

    PodException(String message) {
        super(message);
    }

    PodException(String message, Throwable cause) {
        super(message, cause);
    }
}
