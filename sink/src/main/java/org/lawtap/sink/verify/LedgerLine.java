package org.lawtap.sink.verify;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import tools.jackson.databind.JsonNode;

/**
 * One line of a ledger: what a record of the log became.
 *
 * <pre>
 *   {"o":0,"t":"opened","s":"S","v":"BASE64"}
 *   {"o":1,"t":"packets","s":"S","n":0,"c":25,"l":"LEAF"}         or with ,"f":[[first,last,flags],...]
 *   {"o":2,"t":"partial","s":"S","n":7,"c":3,"l":"LEAF"}
 *   {"o":3,"t":"checkpoint","s":"S","v":"BASE64"}
 *   {"o":4,"t":"again","s":"S","l":"LEAF"}
 *   {"o":5,"t":"refused","l":"LEAF","why":"WHY"}
 * </pre>
 *
 * A line has one form only: what is read must give the same text when it is written.
 */
sealed interface LedgerLine {
    /** The record's offset in the log. */
    long offset();

    /** The line, without its end. */
    String text();

    /** The first line of a ledger. @param from offset of the first record that the file accounts for */
    record Header(WarrantId warrant, String topic, long number, long from) {
        String text() {
            return "{\"form\":\"lawtap ledger 1\",\"warrant\":\"%s\",\"topic\":\"%s\",\"number\":%d,\"from\":%d}"
                    .formatted(warrant, topic, number, from);
        }

        static Header parse(byte[] line) throws FormException {
            Fields fields = Fields.of(Fields.parse(line), "form", "warrant", "topic", "number", "from");
            if (!fields.text("form").equals("lawtap ledger 1")) {
                throw new FormException("not of the form lawtap ledger 1");
            }
            return new Header(
                    fields.warrant("warrant"), fields.text("topic"), fields.count("number"), fields.count("from"));
        }
    }

    /** A session's opening. @param value the record's exact bytes */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Opened(long offset, SessionId session, byte[] value) implements LedgerLine {
        @Override
        public String text() {
            return whole("opened", offset, session, value);
        }
    }

    /** Packets {@code first} to {@code first + count - 1}. @param flags what the blocks' flags alone don't say */
    record Packets(long offset, SessionId session, long first, int count, Sha256 leaf, List<FlagRun> flags)
            implements LedgerLine {
        public Packets {
            flags = List.copyOf(flags);
        }

        @Override
        public String text() {
            StringBuilder runs = new StringBuilder();
            for (FlagRun run : flags) {
                runs.append(runs.isEmpty() ? ",\"f\":[[" : ",[")
                        .append(run.first())
                        .append(',')
                        .append(run.last())
                        .append(',')
                        .append(run.flags())
                        .append(']');
            }
            return some("packets", offset, session, first, count, leaf) + (runs.isEmpty() ? "}" : runs + "]}");
        }
    }

    /** Packets with these flags, from the first sequence to the last. */
    record FlagRun(long first, long last, int flags) {}

    /** Packets of which the record held more, or in another form. */
    record Partial(long offset, SessionId session, long first, int count, Sha256 leaf) implements LedgerLine {
        @Override
        public String text() {
            return some("partial", offset, session, first, count, leaf) + "}";
        }
    }

    /** A session's account so far. @param value the record's exact bytes */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Checkpoint(long offset, SessionId session, byte[] value) implements LedgerLine {
        @Override
        public String text() {
            return whole("checkpoint", offset, session, value);
        }
    }

    /** A record that was filed before. */
    record Again(long offset, SessionId session, Sha256 leaf) implements LedgerLine {
        @Override
        public String text() {
            return "{\"o\":%d,\"t\":\"again\",\"s\":\"%s\",\"l\":\"%s\"}".formatted(offset, session, leaf);
        }
    }

    /** A record that can't be filed. */
    record Refused(long offset, Sha256 leaf, String why) implements LedgerLine {
        @Override
        public String text() {
            return "{\"o\":%d,\"t\":\"refused\",\"l\":\"%s\",\"why\":\"%s\"}".formatted(offset, leaf, why);
        }
    }

    /** More packets than a record of the largest size holds. */
    int PACKETS_MAX = 400_000;

    /** Reads a line. @throws FormException saying what is wrong with it */
    static LedgerLine parse(byte[] line) throws FormException {
        JsonNode json = Fields.parse(line);
        return switch (json.path("t").asString("")) {
            case "opened" -> {
                Fields fields = Fields.of(json, "o", "t", "s", "v");
                yield new Opened(fields.count("o"), fields.session("s"), fields.base64("v"));
            }
            case "packets" -> packets(json);
            case "partial" -> {
                Fields fields = Fields.of(json, "o", "t", "s", "n", "c", "l");
                yield new Partial(
                        fields.count("o"),
                        fields.session("s"),
                        fields.count("n"),
                        packetCount(fields),
                        fields.hash("l"));
            }
            case "checkpoint" -> {
                Fields fields = Fields.of(json, "o", "t", "s", "v");
                yield new Checkpoint(fields.count("o"), fields.session("s"), fields.base64("v"));
            }
            case "again" -> {
                Fields fields = Fields.of(json, "o", "t", "s", "l");
                yield new Again(fields.count("o"), fields.session("s"), fields.hash("l"));
            }
            case "refused" -> {
                Fields fields = Fields.of(json, "o", "t", "l", "why");
                String why = fields.text("why");
                if (!why.matches("[A-Z_]{1,40}")) {
                    throw new FormException("why is no reason");
                }
                yield new Refused(fields.count("o"), fields.hash("l"), why);
            }
            default -> throw new FormException("a kind of line that does not exist");
        };
    }

    private static LedgerLine packets(JsonNode json) throws FormException {
        boolean runs = json.has("f");
        Fields fields = runs
                ? Fields.of(json, "o", "t", "s", "n", "c", "l", "f")
                : Fields.of(json, "o", "t", "s", "n", "c", "l");
        long first = fields.count("n");
        int count = packetCount(fields);
        List<FlagRun> flags = new ArrayList<>();
        long after = first;
        if (runs) {
            for (JsonNode run : fields.list("f")) {
                if (!run.isArray() || run.size() != 3 || !run.path(2).canConvertToInt()) {
                    throw new FormException("f is no list of runs");
                }
                FlagRun read = new FlagRun(
                        run.path(0).asLong(-1),
                        run.path(1).asLong(-1),
                        run.path(2).asInt(0));
                if (read.first() < after || read.last() < read.first() || read.last() - first >= count) {
                    throw new FormException("a run of f is not inside the record, or not after the one before");
                }
                after = read.last() + 1;
                flags.add(read);
            }
        }
        return new Packets(fields.count("o"), fields.session("s"), first, count, fields.hash("l"), flags);
    }

    private static int packetCount(Fields fields) throws FormException {
        long count = fields.count("c");
        if (count == 0 || count > PACKETS_MAX) {
            throw new FormException("c is not the number of a record's packets");
        }
        return (int) count;
    }

    private static String whole(String kind, long offset, SessionId session, byte[] value) {
        return "{\"o\":%d,\"t\":\"%s\",\"s\":\"%s\",\"v\":\"%s\"}"
                .formatted(offset, kind, session, Base64.getEncoder().encodeToString(value));
    }

    private static String some(String kind, long offset, SessionId session, long first, int count, Sha256 leaf) {
        return "{\"o\":%d,\"t\":\"%s\",\"s\":\"%s\",\"n\":%d,\"c\":%d,\"l\":\"%s\""
                .formatted(offset, kind, session, first, count, leaf);
    }
}
