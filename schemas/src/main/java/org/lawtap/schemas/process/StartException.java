package org.lawtap.schemas.process;

/** Something the operator must mend before a process can start; the message says what. */
public final class StartException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean passing;

    public StartException(String message) {
        super(message);
        this.passing = false;
    }

    public StartException(String message, Throwable cause) {
        this(message, cause, false);
    }

    private StartException(String message, Throwable cause, boolean passing) {
        super(message, cause);
        this.passing = passing;
    }

    /** Something that may come right by itself, as a Kafka that is away. */
    public static StartException passing(String message, Throwable cause) {
        return new StartException(message, cause, true);
    }

    /** Whether a later attempt may do without anybody's help. */
    public boolean isPassing() {
        return passing;
    }
}
