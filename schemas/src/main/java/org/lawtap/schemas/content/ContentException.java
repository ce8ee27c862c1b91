package org.lawtap.schemas.content;

/** Something encrypted that is not what was encrypted, or not under this key. */
public final class ContentException extends Exception {
    private static final long serialVersionUID = 1L;

    public ContentException(String message, Throwable cause) {
        super(message, cause);
    }
}
