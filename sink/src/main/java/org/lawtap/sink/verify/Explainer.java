package org.lawtap.sink.verify;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.wire.PacketBatch;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.sink.pcapng.PcapngException;
import org.lawtap.sink.pcapng.PcapngReader;

/**
 * Follows one packet from its capture file through the ledger back to the warrant. It reads what lies beside the file, and checks the
 * packet's own record only: the rest is what verify does.
 */
public final class Explainer {
    private static final Pattern NAME =
            Pattern.compile("([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(\\d{6})\\.pcapng");
    private static final long SEAL_BYTES_MAX = 256L << 20;

    private final Path file;
    private final Path directory;
    private final WarrantId warrant;
    private final int number;
    private final @Nullable TrustedKeys keys;

    private Explainer(Path file, Path directory, WarrantId warrant, int number, @Nullable TrustedKeys keys) {
        this.file = file;
        this.directory = directory;
        this.warrant = warrant;
        this.number = number;
        this.keys = keys;
    }

    /** @throws IllegalArgumentException if the file is not named as a capture file of the sink is */
    public static Explainer of(Path file, @Nullable TrustedKeys keys) {
        Path absolute = file.toAbsolutePath().normalize();
        Matcher name = NAME.matcher(String.valueOf(absolute.getFileName()));
        Path directory = absolute.getParent();
        if (!name.matches() || directory == null) {
            throw new IllegalArgumentException(
                    file + " is not named WARRANT-NUMBER.pcapng as the sink's capture files are");
        }
        return new Explainer(
                absolute, directory, WarrantId.parse(name.group(1)), Integer.parseInt(name.group(2)), keys);
    }

    /** @param line of the ledger @param before packets of the file before this record's */
    private record Found(LedgerLine.Packets line, long lineNumber, long before) {}

    /** Explains a frame, from 1 as other tools count them. @throws IllegalArgumentException if there is none, or its way is broken */
    public Explanation explain(long frame) throws IOException {
        Found found = record(frame);
        List<PcapngReader.Frame> packets = new ArrayList<>();
        boolean same = sameLeaf(found, packets);
        int index = Math.toIntExact(frame - 1 - found.before());
        if (index >= packets.size()) {
            throw new IllegalArgumentException("there is no frame " + frame + ": " + file.getFileName() + " has "
                    + (found.before() + packets.size()) + ", and its ledger names more");
        }
        PcapngReader.Frame packet = packets.get(index);
        SessionId session = found.line().session();
        SessionOpened opened = opened(session);
        List<WarrantReport.ApprovedOrder> orders = new ArrayList<>();
        String problem = orders(opened.generation(), orders);
        return new Explanation(
                String.valueOf(file.getFileName()),
                frame,
                warrant,
                new Explanation.Explained(
                        SealNumbers.time(packet.timeNs()),
                        java.util.Objects.requireNonNullElse(
                                CaptureComparison.direction(packet.flags()), Packet.Direction.UNKNOWN),
                        packet.id(),
                        packet.data().remaining(),
                        packet.originalLength(),
                        CaptureComparison.flags(packet)),
                session,
                opened,
                new Explanation.Logged(
                        found.line().offset(),
                        ledgerName(number),
                        found.lineNumber(),
                        found.line().first(),
                        found.line().count(),
                        found.line().leaf(),
                        same),
                voucher(session, found.line().offset(), opened),
                commanded(opened),
                sessionOpened(session),
                orders,
                problem);
    }

    private Found record(long frame) throws IOException {
        if (!Files.exists(file)) {
            throw new IllegalArgumentException("there is no file " + file);
        }
        if (frame < 1) {
            throw new IllegalArgumentException("frames are numbered from 1");
        }
        long before = 0;
        try (LedgerReader lines = ledger(number)) {
            for (LedgerReader.Line line = lines.next(); line != null; line = lines.next()) {
                if (line instanceof LedgerReader.Line.Bad bad) {
                    throw new IllegalArgumentException(
                            ledgerName(number) + ", line " + bad.number() + ": " + bad.problem());
                }
                LedgerLine record = ((LedgerReader.Line.Good) line).line();
                if (record instanceof LedgerLine.Packets packets) {
                    if (frame <= before + packets.count()) {
                        return new Found(packets, line.number(), before);
                    }
                    before += packets.count();
                } else if (record instanceof LedgerLine.Partial partial) {
                    if (frame <= before + partial.count()) {
                        throw new IllegalArgumentException("frame " + frame + " is of record " + partial.offset()
                                + ", of which only a part was filed; nothing vouches for it");
                    }
                    before += partial.count();
                }
            }
        }
        throw new IllegalArgumentException("there is no frame " + frame + ": " + file.getFileName() + " has " + before);
    }

    private LedgerReader ledger(int ofNumber) throws IOException {
        Path path = directory.resolve(ledgerName(ofNumber));
        if (!Files.exists(path)) {
            throw new IllegalArgumentException("there is no ledger " + path + " beside the capture file");
        }
        LedgerReader reader = LedgerReader.open(path);
        try {
            reader.header();
            return reader;
        } catch (FormException e) {
            reader.close();
            throw new IllegalArgumentException(path.getFileName() + ", " + e.getMessage(), e);
        }
    }

    private String ledgerName(int ofNumber) {
        return "%s-%06d.ledger".formatted(warrant, ofNumber);
    }

    /** Makes the record again; returns whether it has the ledger's leaf. */
    private boolean sameLeaf(Found found, List<PcapngReader.Frame> packets) throws IOException {
        PacketBatch batch = new PacketBatch(found.line().session());
        try (PcapngReader reader = PcapngReader.open(file)) {
            for (long skipped = 0; skipped < found.before(); skipped++) {
                if (reader.next() == null) {
                    return false;
                }
            }
            for (int i = 0; i < found.line().count(); i++) {
                PcapngReader.Frame frame = reader.next();
                if (frame == null) {
                    return false;
                }
                packets.add(frame);
                Packet.Direction direction = CaptureComparison.direction(frame.flags());
                int length = frame.data().remaining();
                int at = batch.add(
                        frame.id(),
                        frame.timeNs(),
                        direction == null ? Packet.Direction.UNKNOWN : direction,
                        flags(found.line(), frame),
                        frame.originalLength(),
                        length);
                frame.data().get(frame.data().position(), batch.array(), at, length);
            }
        } catch (PcapngException e) {
            throw new IllegalArgumentException(file.getFileName() + ", " + e.getMessage(), e);
        }
        return Sha256.of(new MerkleTree().leaf(batch.take()))
                .equals(found.line().leaf());
    }

    private static int flags(LedgerLine.Packets line, PcapngReader.Frame frame) {
        return line.flags().stream()
                .filter(run -> frame.id() >= run.first() && frame.id() <= run.last())
                .map(LedgerLine.FlagRun::flags)
                .findFirst()
                .orElseGet(() -> CaptureComparison.flags(frame));
    }

    private SessionOpened opened(SessionId session) throws IOException {
        for (int earlier = number; earlier >= 1; earlier--) {
            try (LedgerReader lines = ledger(earlier)) {
                for (LedgerReader.Line line = lines.next(); line != null; line = lines.next()) {
                    if (line
                                    instanceof
                                    LedgerReader.Line.Good(
                                            long _,
                                            LedgerLine.Opened(long _, SessionId id, byte[] value))
                            && id.equals(session)
                            && PacketCodec.decode(value)
                                    instanceof PacketEvent.Opened(SessionId _, SessionOpened said)) {
                        return said;
                    }
                }
            } catch (WireException e) {
                throw new IllegalArgumentException("the opening of session " + session + " can't be read", e);
            }
        }
        throw new IllegalArgumentException("no ledger holds the opening of session " + session);
    }

    private Explanation.@Nullable Voucher voucher(SessionId session, long after, SessionOpened opened)
            throws IOException {
        for (int later = number; Files.exists(directory.resolve(ledgerName(later))); later++) {
            try (LedgerReader lines = ledger(later)) {
                for (LedgerReader.Line line = lines.next(); line != null; line = lines.next()) {
                    if (line
                                    instanceof
                                    LedgerReader.Line.Good(
                                            long _,
                                            LedgerLine.Checkpoint(long offset, SessionId id, byte[] value))
                            && id.equals(session)
                            && offset > after
                            && PacketCodec.decode(value)
                                    instanceof PacketEvent.Accounted(SessionId _, Checkpoint said)) {
                        Seal seal = PacketCodec.seal(value);
                        PublicKey key = key(opened);
                        return new Explanation.Voucher(
                                offset,
                                ledgerName(later),
                                said,
                                seal != null && key != null && seal.verifies(value, key));
                    }
                }
            } catch (WireException e) {
                throw new IllegalArgumentException("the checkpoint after record " + after + " can't be read", e);
            }
        }
        return null;
    }

    private static @Nullable PublicKey key(SessionOpened opened) {
        ByteBuffer info = opened.signingKey().duplicate();
        byte[] bytes = new byte[info.remaining()];
        info.get(bytes);
        try {
            return OrderKeys.publicKey(bytes);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private @Nullable CustodyEvent commanded(SessionOpened opened) throws IOException {
        return last(event -> event.action() == CustodyAction.CAPTURE_COMMANDED
                && opened.pod().uid().equals(event.pod())
                && !event.at().isAfter(SealNumbers.time(opened.openedAtNs()))
                && opened.node()
                        .value()
                        .equals(event.details()
                                .getOrDefault("node", opened.node().value())));
    }

    private @Nullable CustodyEvent sessionOpened(SessionId session) throws IOException {
        return last(event -> event.action() == CustodyAction.SESSION_OPENED && session.equals(event.session()));
    }

    private @Nullable CustodyEvent last(java.util.function.Predicate<CustodyEvent> wanted) throws IOException {
        Path custody = directory.resolve(FilesCheck.CUSTODY);
        List<CustodyEvent> events = Files.exists(custody) ? CustodyFile.read(custody, wanted) : List.of();
        return events.isEmpty() ? null : events.getLast();
    }

    /** Adds the orders of the generation and what ended it; returns why they are not all known, or nothing. */
    private String orders(long generation, List<WarrantReport.ApprovedOrder> into) throws IOException {
        Path seal = directory.resolve(FilesCheck.SEAL);
        if (!Files.exists(seal)) {
            return "the warrant has no seal yet, which would hold its orders";
        }
        if (keys == null || keys.approvers() == null) {
            return "no trust.json was found beside the evidence or named with --keys, so nobody's approval can be checked";
        }
        if (Files.size(seal) > SEAL_BYTES_MAX) {
            return "the seal is longer than a seal can be";
        }
        Findings findings = new Findings();
        try {
            Orders orders = Orders.check(
                    SealFile.parse(Files.readAllBytes(seal)), warrant, keys.approvers(), Signatures.real(), findings);
            orders.approved().stream()
                    .filter(approved -> approved.order().generation() >= generation)
                    .forEach(into::add);
        } catch (FormException e) {
            return "the seal can't be read: " + e.getMessage();
        }
        return String.join("; ", findings.all().stream().map(Finding::text).toList());
    }
}
