package org.lawtap.sink.verify;

/** A text or file that leaves the form of docs/evidence.md; the message is a clause that says where. */
final class FormException extends Exception {
    private static final long serialVersionUID = 1L;

    FormException(String message) {
        super(message);
    }
}
