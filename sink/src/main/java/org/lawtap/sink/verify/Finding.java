package org.lawtap.sink.verify;

import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;

/**
 * One thing that is wrong, and where.
 *
 * @param file name inside the warrant's directory, or null if it is of none
 * @param records the offsets of the log's records in doubt, or null
 * @param text a sentence without its end, for a reader
 */
public record Finding(
        FindingCode code,
        @Nullable String file,
        @Nullable SessionId session,
        @Nullable Offsets records,
        String text) {
    /** The offsets of the first and the last of some records of a warrant's log. */
    public record Offsets(long first, long last) {
        @Override
        public String toString() {
            return first == last ? "record " + first : "records " + first + " to " + last;
        }
    }
}
