package org.lawtap.sink.verify;

import java.nio.ByteBuffer;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.Warrant;

/**
 * The chain, the numbers and the account of one session, record by record. After each checkpoint it begins anew from what that one
 * says, so that one break is one finding. Memory does not grow with the session.
 *
 * <p>Two trees grow between checkpoints: of the leaves that the ledger names, and of those that the packets in the capture file lead
 * to. If either has the checkpoint's root, the other one is what was changed, and the chain itself holds.
 */
final class SessionCheck {
    private static final int MARKS_MAX = 500;

    private final SessionId id;
    private final Signatures signatures;
    private final Findings findings;
    private final MerkleTree named = new MerkleTree();
    private final MerkleTree made = new MerkleTree();
    private final List<WarrantReport.Mark> marks = new ArrayList<>();
    private @Nullable SessionOpened opened;
    private @Nullable PublicKey key;
    private @Nullable Checkpoint last;
    private byte @Nullable [] previous;
    private long records;
    private long next;
    private long packets;
    private long missing;
    private long partialRecords;
    private long checkpoints;
    private long checkpointsUnsynchronised;
    private long cutBytes;
    private boolean cutKnown = true;
    private long firstSince = -1;
    private long lastOffset;
    private long firstNs = Long.MAX_VALUE;
    private long lastNs = Long.MIN_VALUE;
    private String file = "";

    SessionCheck(SessionId id, Signatures signatures, Findings findings) {
        this.id = id;
        this.signatures = signatures;
        this.findings = findings;
    }

    /** The session's first record. @param statement null if it can't be read */
    void open(String inFile, long offset, byte[] value, @Nullable SessionOpened statement, TrustedKeys keys) {
        opened = statement;
        record(inFile, offset, named.leaf(value), null);
        if (statement == null) {
            return;
        }
        findings.count(Check.KEYS, 1);
        byte[] info = bytes(statement.signingKey());
        try {
            key = OrderKeys.publicKey(info);
        } catch (IllegalArgumentException e) {
            add(FindingCode.KEY_UNKNOWN, offset, offset, "its opening names no Ed25519 key");
            return;
        }
        String keyId = OrderKeys.keyId(key);
        TrustedKeys.NodeKey trusted = keys.nodes().get(keyId);
        if (trusted == null) {
            add(
                    FindingCode.KEY_UNKNOWN,
                    offset,
                    offset,
                    "the key of node " + statement.node() + ", " + keyId + ", is not among the trusted ones");
        } else if (!trusted.file().equals(statement.node().value())
                && !trusted.file().startsWith(statement.node().value() + ".")) {
            findings.note("session " + id + " of node " + statement.node() + " is signed with the key nodes/"
                    + trusted.file() + ".pem, whose name is not the node's");
        }
        if (statement.missedBeforeArm() > 0) {
            mark(
                    statement.openedAtNs(),
                    statement.openedAtNs(),
                    WarrantReport.Loss.MISSED_BEFORE_ARM,
                    statement.missedBeforeArm());
        }
        if (statement.filter() != null) {
            findings.note("session " + id + " is narrowed by the filter \"" + statement.filter()
                    + "\": its account says how many packets did not pass, and can't say whether the tap saw all");
        }
    }

    /** A session of which packets or checkpoints come, and no opening came. */
    void unopened(String inFile, long offset) {
        file = inFile;
        add(FindingCode.CHAIN_BROKEN, offset, offset, "its first record is not its opening");
    }

    /** Packets of a record. @param madeLeaf what the packets in the capture file lead to, or null if they could not all be read */
    void packets(LedgerLine.Packets line, String inFile, byte @Nullable [] madeLeaf) {
        record(inFile, line.offset(), line.leaf().bytes(), madeLeaf);
        sequence(line.offset(), line.first(), line.count());
    }

    /** Packets that nothing vouches for. */
    void partial(LedgerLine.Partial line, String inFile) {
        file = inFile;
        lastOffset = line.offset();
        partialRecords++;
        sequence(line.offset(), line.first(), line.count());
    }

    /** What the scope left out of a record's packets. @param known whether all of them were read */
    void cut(long bytes, boolean known) {
        cutBytes += bytes;
        cutKnown &= known;
    }

    /** The time of a packet in the capture file. */
    void at(long timeNs) {
        firstNs = Math.min(firstNs, timeNs);
        lastNs = Math.max(lastNs, timeNs);
    }

    /** An account. @param checkpoint null if it can't be read @param seal null if it has none */
    void checkpoint(String inFile, long offset, byte[] value, @Nullable Checkpoint checkpoint, @Nullable Seal seal) {
        file = inFile;
        findings.count(Check.CHECKPOINTS, 1);
        if (checkpoint == null) {
            record(inFile, offset, named.leaf(value), null);
            return;
        }
        findings.count(Check.CHAIN, 1);
        PublicKey signer = key;
        if (seal == null) {
            add(FindingCode.CHECKPOINT_INVALID, offset, offset, "the checkpoint has no seal");
        } else if (signer == null || !signatures.sealed(seal, value, signer)) {
            add(FindingCode.CHECKPOINT_INVALID, offset, offset, "the checkpoint's seal is not of its session's key");
        }
        chain(offset, checkpoint);
        account(offset, checkpoint);
        losses(checkpoint);
        checkpoints++;
        checkpointsUnsynchronised += checkpoint.clock().synchronised() ? 0 : 1;
        last = checkpoint;
        byte[] leaf = named.leaf(value);
        previous = leaf;
        records = checkpoint.chain().records() + 1;
        named.clear();
        made.clear();
        firstSince = -1;
        lastOffset = offset;
    }

    /** Nothing more comes. @param live the warrant may still run */
    void end(boolean live) {
        Checkpoint account = last;
        if (account == null || account.endReason() == null) {
            findings.note("session " + id
                    + (live
                            ? " still runs, or was cut off"
                            : " was cut off: how much is missing after its end is unknown")
                    + (firstSince < 0
                            ? ""
                            : "; records " + firstSince + " to " + lastOffset + " are vouched for by no checkpoint"));
        }
        if (partialRecords > 0) {
            findings.note(
                    "session " + id + " has " + partialRecords + " records whose packets are vouched for by nothing");
        }
        if (checkpointsUnsynchronised > 0) {
            findings.note("session " + id + ": nothing kept its node's clock to UTC at " + checkpointsUnsynchronised
                    + " of " + checkpoints + " checkpoints; its packets' times are that clock's");
        }
        if (account == null) {
            return;
        }
        SessionOpened statement = opened;
        if (statement != null && statement.headersOnly()) {
            findings.note("session " + id + " holds headers only, as its warrant orders: " + account.cutByScopeBytes()
                    + " bytes of content were left out where it was captured");
        }
        if (statement != null && statement.filter() != null) {
            findings.note("session " + id + ": " + account.refusedByFilter()
                    + " packets of the interface did not pass its filter, and none of them was kept");
        }
        if (next < account.delivered()) {
            missing += account.delivered() - next;
            mark(account.atNs(), account.atNs(), WarrantReport.Loss.MISSING, account.delivered() - next);
            add(
                    FindingCode.SEQUENCE,
                    lastOffset,
                    lastOffset,
                    "packets " + next + " to " + (account.delivered() - 1) + " are missing at its end");
        } else if (account.endReason() != null && next > account.delivered()) {
            add(
                    FindingCode.SEQUENCE,
                    lastOffset,
                    lastOffset,
                    "it has " + next + " packets, and its last checkpoint counts " + account.delivered());
        }
    }

    SessionId id() {
        return id;
    }

    @Nullable
    SessionOpened opened() {
        return opened;
    }

    @Nullable
    Checkpoint last() {
        return last;
    }

    /** Whether its opening says that no more than headers are kept. */
    boolean headersOnly() {
        SessionOpened statement = opened;
        return statement != null && statement.headersOnly();
    }

    /** Sequence of the packet that comes next. */
    long next() {
        return next;
    }

    boolean ended() {
        Checkpoint account = last;
        return account != null && account.endReason() != null;
    }

    /** Of an order: the same place, and narrowed in the same way. */
    void checkAgainst(Warrant warrant, long offset) {
        SessionOpened statement = opened;
        if (statement == null) {
            return;
        }
        if (!statement.pod().namespaceRef().equals(warrant.target().namespaceRef())) {
            add(
                    FindingCode.OUTSIDE_WARRANT,
                    offset,
                    offset,
                    "its pod is in " + statement.pod().cluster() + "/"
                            + statement.pod().namespace()
                            + ", and the warrant is for " + warrant.target().cluster() + "/"
                            + warrant.target().namespace());
        }
        if (statement.headersOnly() != (warrant.scope() == Warrant.Scope.HEADERS)) {
            add(
                    FindingCode.OUTSIDE_WARRANT,
                    offset,
                    offset,
                    "it keeps " + (statement.headersOnly() ? "headers only" : "content")
                            + ", and the warrant's scope is " + warrant.scope());
        }
        if (!java.util.Objects.equals(statement.filter(), warrant.filter())) {
            add(
                    FindingCode.OUTSIDE_WARRANT,
                    offset,
                    offset,
                    "it is not narrowed by the filter that the warrant demands");
        }
    }

    WarrantReport.SessionReport report() {
        return new WarrantReport.SessionReport(id, opened, packets, missing, firstNs, lastNs, last, marks);
    }

    private void record(String inFile, long offset, byte[] leaf, byte @Nullable [] madeLeaf) {
        file = inFile;
        if (ended()) {
            add(FindingCode.CHAIN_BROKEN, offset, offset, "a record after the session's last one");
        }
        named.add(leaf);
        made.add(madeLeaf == null ? leaf : madeLeaf);
        records++;
        firstSince = firstSince < 0 ? offset : firstSince;
        lastOffset = offset;
    }

    private void sequence(long offset, long first, int count) {
        if (first > next) {
            missing += first - next;
            long at = lastNs == Long.MIN_VALUE ? opened == null ? 0 : opened.openedAtNs() : lastNs;
            mark(at, at, WarrantReport.Loss.MISSING, first - next);
            add(
                    FindingCode.SEQUENCE,
                    offset,
                    offset,
                    "packets " + next + " to " + (first - 1) + " are missing before it");
        } else if (first < next) {
            add(
                    FindingCode.SEQUENCE,
                    offset,
                    offset,
                    "packet " + first + " comes where " + next + " is next: repeated or out of order");
        }
        next = Math.max(next, first + count);
        packets += count;
        findings.count(Check.SEQUENCES, count);
    }

    private void chain(long offset, Checkpoint checkpoint) {
        List<String> broken = new ArrayList<>();
        Sha256 said = checkpoint.chain().previous();
        byte[] before = previous;
        boolean follows = said == null ? before == null : before != null && Arrays.equals(said.bytes(), before);
        if (!follows) {
            broken.add("it does not follow the checkpoint before it");
        }
        if (checkpoint.chain().records() != records) {
            broken.add("it counts " + checkpoint.chain().records() + " records before it, and there are " + records);
        }
        byte[] root = checkpoint.chain().root().bytes();
        if (!Arrays.equals(root, named.root()) && !Arrays.equals(root, made.root())) {
            broken.add("its root is not that of the records since the checkpoint before it");
        }
        if (ended()) {
            broken.add("the session had ended");
        }
        if (!broken.isEmpty()) {
            add(
                    FindingCode.CHAIN_BROKEN,
                    firstSince < 0 ? offset : firstSince,
                    offset,
                    "the checkpoint does not fit what stands before it: " + String.join("; ", broken));
        }
    }

    private void account(long offset, Checkpoint checkpoint) {
        findings.count(Check.ACCOUNTS, 1);
        SessionOpened statement = opened;
        if (checkpoint.interfaceExact()
                && statement != null
                && statement.filter() == null
                && checkpoint.unaccounted() != 0) {
            add(
                    FindingCode.ACCOUNT_WRONG,
                    offset,
                    offset,
                    "the interface counted "
                            + (checkpoint.interfaceNow().tapped()
                                    - checkpoint.interfaceAtArm().tapped())
                            + " packets, and " + checkpoint.unaccounted() + " of them are in no class");
        }
        if (checkpoint.interfaceExact()
                && statement != null
                && statement.filter() != null
                && (checkpoint.refusedByFilter() < 0 || checkpoint.unaccountedBehindFilter() != 0)) {
            add(
                    FindingCode.ACCOUNT_WRONG,
                    offset,
                    offset,
                    checkpoint.kernelReceived() + " packets passed the filter, "
                            + checkpoint.unaccountedBehindFilter() + " of them are in no class, and "
                            + checkpoint.refusedByFilter() + " did not pass");
        }
        // Only with all packets before it at hand can their bytes be added up.
        if (cutKnown
                && missing == 0
                && next == checkpoint.delivered()
                && statement != null
                && checkpoint.cutByScopeBytes() != cutBytes) {
            add(
                    FindingCode.ACCOUNT_WRONG,
                    offset,
                    offset,
                    "it says that the scope left out " + checkpoint.cutByScopeBytes() + " bytes, and its packets lack "
                            + cutBytes);
        }
    }

    private void losses(Checkpoint now) {
        Checkpoint before = last;
        loss(now, WarrantReport.Loss.KERNEL_DROP, now.kernelDrop(), before == null ? 0 : before.kernelDrop());
        loss(now, WarrantReport.Loss.USER_DROP, now.userDrop(), before == null ? 0 : before.userDrop());
        loss(
                now,
                WarrantReport.Loss.OUT_OF_SCOPE,
                now.outOfScopeDiscarded(),
                before == null ? 0 : before.outOfScopeDiscarded());
        loss(now, WarrantReport.Loss.UNSEEN_BY_TAP, now.unseenByTap(), before == null ? 0 : before.unseenByTap());
        loss(
                now,
                WarrantReport.Loss.UNSEEN_BY_INTERFACE,
                now.unseenByInterface(),
                before == null ? 0 : before.unseenByInterface());
    }

    private void loss(Checkpoint now, WarrantReport.Loss loss, long count, long before) {
        if (count > before) {
            Checkpoint earlier = last;
            SessionOpened statement = opened;
            long from = earlier != null ? earlier.atNs() : statement != null ? statement.openedAtNs() : now.atNs();
            mark(from, now.atNs(), loss, count - before);
        }
    }

    private void mark(long fromNs, long toNs, WarrantReport.Loss loss, long count) {
        if (marks.size() < MARKS_MAX) {
            marks.add(new WarrantReport.Mark(fromNs, toNs, loss, count));
        } else {
            WarrantReport.Mark end = marks.removeLast();
            marks.add(new WarrantReport.Mark(end.fromNs(), toNs, loss, end.packets() + count));
        }
    }

    private void add(FindingCode code, long first, long lastRecord, String text) {
        findings.add(code, file.isEmpty() ? null : file, id, new Finding.Offsets(first, lastRecord), text);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
