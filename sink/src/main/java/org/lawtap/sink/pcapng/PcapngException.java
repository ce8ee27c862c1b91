package org.lawtap.sink.pcapng;

/** A file that is not of our pcapng profile; the message names the byte where it leaves it. */
public final class PcapngException extends Exception {
    private static final long serialVersionUID = 1L;

    public PcapngException(String message) {
        super(message);
    }
}
