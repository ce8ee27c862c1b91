package org.lawtap.deploy.pod;

/** A file is not a capture that can be replayed; the message is one sentence for the person who named the file. */
public final class CaptureFileException extends Exception {
    private static final long serialVersionUID = 1L;

    CaptureFileException(String message) {
        super(message);
    }

    CaptureFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
