package org.lawtap.sink.evidence;

/** A file on disk differs from what the log says: someone changed one of them. Nothing is repaired or overwritten. */
public final class EvidenceException extends Exception {
    private static final long serialVersionUID = 1L;

    public EvidenceException(String message) {
        super(message);
    }
}
