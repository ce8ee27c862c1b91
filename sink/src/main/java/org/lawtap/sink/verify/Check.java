package org.lawtap.sink.verify;

import java.util.EnumSet;
import java.util.Set;

/** One kind of question that is put to evidence; a finding with one of its codes answers it with no. */
public enum Check {
    SEAL(
            "the seal's signature",
            "seals",
            "When the warrant was over, the sink wrote down what it had brought, with the hash of every file, and signed it. If a single"
                    + " character of that list were changed, the signature would not fit.",
            FindingCode.SEAL_MISSING,
            FindingCode.SEAL_INVALID),
    CMS(
            "the seal's signature by certificate",
            "signatures",
            "The same list, signed with the certificate of the service that files the evidence, in the form that courts' and"
                    + " authorities' programs know (CMS).",
            FindingCode.CMS_INVALID),
    TIMESTAMP(
            "the seal's timestamp",
            "timestamps",
            "A timestamp authority, who does not know what it signs, vouches that this very list existed at that time (RFC 3161).",
            FindingCode.TIMESTAMP_INVALID),
    FILES(
            "files against the lists",
            "files",
            "Every file that was sealed is there with exactly the bytes it had, and no file was added.",
            FindingCode.FILE_MISSING,
            FindingCode.FILE_ADDED,
            FindingCode.FILE_CHANGED),
    STATEMENTS(
            "the files' statements",
            "statements",
            "Each capture file was signed when it was complete; each statement names the one before, so that none can be taken out.",
            FindingCode.STATEMENT_INVALID),
    DESTRUCTION(
            "the proof of destruction",
            "proofs",
            "The content was destroyed after its time was over and on the order of two approvers, as the sink has signed; what proves"
                    + " what it was is still here.",
            FindingCode.DESTRUCTION_INVALID),
    ORDERS(
            "the orders' signatures",
            "orders",
            "Each warrant carries the valid signatures of two different approvers over its exact words; a revocation carries one.",
            FindingCode.ORDER_INVALID),
    FORM(
            "the form of capture files and ledgers",
            "records",
            "Both files can be read to their end, and agree with each other line by line and block by block.",
            FindingCode.FORM),
    RECORDS(
            "records made again from the capture files",
            "records",
            "The packets that a node handed over in one piece are put together again from the capture file, and their hash is the one"
                    + " that the node vouched for: no bit of any packet is another one.",
            FindingCode.RECORD_CHANGED,
            FindingCode.RECORD_REPEATED),
    CHAIN(
            "the chain of each session",
            "checkpoints",
            "Once a second the node counted what it had handed over and hashed it together. Nothing was taken out, added or put in"
                    + " another order between two of these checkpoints.",
            FindingCode.CHAIN_BROKEN),
    CHECKPOINTS(
            "the checkpoints' seals",
            "checkpoints",
            "Each of these checkpoints was signed with the key of the node that captured.",
            FindingCode.CHECKPOINT_INVALID),
    KEYS(
            "the nodes' keys",
            "sessions",
            "Each session was signed with a key that is among those of the cluster's nodes.",
            FindingCode.KEY_UNKNOWN),
    SEQUENCES(
            "the packets' numbers",
            "packets",
            "The packets of each session are numbered without a gap and without a repetition, to the last one that the node counted.",
            FindingCode.SEQUENCE),
    WINDOW(
            "packets inside the warrant",
            "packets",
            "Each session belongs to an order, is of the place that it names and narrowed as it says, and no packet is from before or"
                    + " after its time.",
            FindingCode.OUTSIDE_WARRANT),
    ACCOUNTS(
            "the accounts",
            "checkpoints",
            "What the pod's interface counted equals what was kept and what was lost, class by class; and the seal's numbers are"
                    + " those of the files.",
            FindingCode.ACCOUNT_WRONG);

    private final String title;
    private final String unit;
    private final String meaning;
    private final Set<FindingCode> codes;

    Check(String title, String unit, String meaning, FindingCode first, FindingCode... others) {
        this.title = title;
        this.unit = unit;
        this.meaning = meaning;
        this.codes = EnumSet.of(first, others);
    }

    /** What is checked, as a noun. */
    public String title() {
        return title;
    }

    /** What is counted, for so many. */
    public String unit(long count) {
        return count == 1 ? unit.substring(0, unit.length() - 1) : unit;
    }

    /** What it means if it holds, for a reader who is no expert. */
    public String meaning() {
        return meaning;
    }

    /** The findings that answer it with no. */
    public Set<FindingCode> codes() {
        return codes;
    }

    /** What came of a check. @param why says why it was not done, else empty */
    public record Result(Check check, long count, State state, String why) {}

    /** The answer. */
    public enum State {
        OK("ok"),
        FAILED("FAILED"),
        NOT_DONE("not done");

        private final String word;

        State(String word) {
            this.word = word;
        }

        /** For a reader. */
        public String word() {
            return word;
        }
    }
}
