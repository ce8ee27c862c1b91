package org.lawtap.sink.verify;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.topics.Topic;

/**
 * A ledger, line by line. A line that can't be read is one {@link Line.Bad}; the lines after it can be read all the same. Owned by
 * one thread.
 */
final class LedgerReader implements Closeable {
    private static final int BUFFER_BYTES = 1 << 15;

    /** The largest record in base64, and what stands around it. */
    private static final int LINE_BYTES_MAX = Topic.RECORD_BYTES_MAX / 3 * 4 + 1024;

    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int at;
    private int end;
    private long number;

    private LedgerReader(InputStream in) {
        this.in = in;
    }

    static LedgerReader open(Path file) throws IOException {
        return new LedgerReader(Files.newInputStream(file));
    }

    /** What stands in a line. */
    sealed interface Line {
        /** From 1. */
        long number();

        /** A line of the right form. */
        record Good(long number, LedgerLine line) implements Line {}

        /** A line that is of no form. @param torn the file ends inside it */
        record Bad(long number, String problem, boolean torn) implements Line {}
    }

    /** The first line. */
    LedgerLine.Header header() throws IOException, FormException {
        Raw raw = raw();
        if (raw == null) {
            throw new FormException("line 1: the ledger is empty");
        }
        if (raw.problem != null) {
            throw new FormException("line 1: " + raw.problem);
        }
        LedgerLine.Header header;
        try {
            header = LedgerLine.Header.parse(raw.bytes);
        } catch (FormException e) {
            throw new FormException("line 1: " + e.getMessage());
        }
        if (!same(header.text(), raw.bytes)) {
            throw new FormException("line 1: not written as a ledger's first line is");
        }
        return header;
    }

    /** The next line, or null at the end. */
    @Nullable
    Line next() throws IOException {
        Raw raw = raw();
        if (raw == null) {
            return null;
        }
        String problem = raw.problem;
        if (problem != null) {
            return new Line.Bad(number, problem, raw.torn);
        }
        try {
            LedgerLine line = LedgerLine.parse(raw.bytes);
            return same(line.text(), raw.bytes)
                    ? new Line.Good(number, line)
                    : new Line.Bad(number, "not written as such a line is", false);
        } catch (FormException e) {
            return new Line.Bad(number, String.valueOf(e.getMessage()), false);
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Raw(byte[] bytes, @Nullable String problem, boolean torn) {}

    private static boolean same(String text, byte[] bytes) {
        return Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes);
    }

    private @Nullable Raw raw() throws IOException {
        ByteArrayOutputStream longer = new ByteArrayOutputStream();
        boolean any = false;
        while (at < end || fill()) {
            if (!any) {
                any = true;
                number++;
            }
            int from = at;
            while (at < end && buffer[at] != '\n') {
                at++;
            }
            boolean whole = at < end;
            if (longer.size() <= LINE_BYTES_MAX) {
                longer.write(buffer, from, at - from);
            }
            if (whole) {
                at++;
                boolean tooLong = longer.size() > LINE_BYTES_MAX;
                return tooLong
                        ? new Raw(new byte[0], "longer than a line can be", false)
                        : new Raw(longer.toByteArray(), null, false);
            }
        }
        return any ? new Raw(new byte[0], "the ledger ends inside a line", true) : null;
    }

    private boolean fill() throws IOException {
        at = 0;
        end = Math.max(0, in.read(buffer));
        return end > 0;
    }
}
