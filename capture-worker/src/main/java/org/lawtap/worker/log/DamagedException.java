package org.lawtap.worker.log;

/** Bytes on the disk are not what this node wrote there. */
final class DamagedException extends Exception {
    private static final long serialVersionUID = 1L;

    DamagedException(String message) {
        super(message);
    }
}
