package org.lawtap.sink.evidence;

/** Why a record of a packet topic can't be filed. */
public enum Refusal {
    UNREADABLE("it is no packet record of this version, or one that can't be decrypted"),
    FOREIGN_WARRANT("a session of another warrant"),
    UNKNOWN_SESSION("a record of a session that was not opened"),
    AFTER_END("a record after the end of its session"),
    DISORDERED("packets whose sequence is not one after the other"),
    TOO_LONG("a session whose description is too long for a capture file");

    private final String text;

    Refusal(String text) {
        this.text = text;
    }

    /** A clause for a reader. */
    public String text() {
        return text;
    }
}
