package org.lawtap.sink;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.content.ContentReader;
import org.lawtap.schemas.content.DeliveryKeyMissingException;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.evidence.Refusal;
import org.lawtap.sink.retention.DeliveryKeyFiles;
import org.lawtap.sink.retention.Destruction;
import org.lawtap.sink.seal.SealFile;
import org.lawtap.sink.seal.SinkKeys;
import org.lawtap.sink.seal.StatementFiles;
import org.lawtap.sink.seal.WarrantOrders;
import org.lawtap.sink.seal.WarrantSealer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One warrant's evidence in this sink's hands: filed while the warrant runs, sealed when it is over.
 *
 * <pre>
 *   filing --- over, all read, quiet ---> finished --- sealed ---> sealed (--- timestamped)
 * </pre>
 *
 * What comes after the end stays in the log and is told. Owned by one thread; sealing itself runs on another.
 */
final class WarrantEvidence implements EvidenceSeries.Listener, AutoCloseable {
    /** A session without a final account holds the seal up this long after the end of its warrant, no longer. */
    static final Duration CUT_OFF_GRACE = Duration.ofSeconds(45);

    private static final Logger LOG = LoggerFactory.getLogger(WarrantEvidence.class);
    private static final Duration RETRY = Duration.ofSeconds(30);

    private final WarrantId warrant;
    private final Path directory;
    private final EvidenceSeries series;
    private final StatementFiles statements;
    private final WarrantSealer sealer;
    private final CustodyLog custody;
    private final Duration sealDelay;
    private final long reportedTo;
    private final @Nullable Long sealedNext;
    private final Destruction destruction;
    private final Clock clock;
    private final SinkStatus status;
    private final Instant startedAt;
    private boolean destroyed;
    private long refusalTold = -1;
    private boolean hindranceTold;
    private final ContentReader.Keys keysAtHand;
    private final ContentReader content;
    private final Set<SessionId> lateTold = new HashSet<>();
    private long next;
    private boolean broken;
    private boolean finished;
    private boolean sealDue;
    private Instant lastRecordAt = Instant.MIN;
    private Instant retryAt = Instant.MIN;
    private @Nullable Future<String> sealing;

    /** The delivery key that the next record can't be read without; null while nothing is missing. */
    private @Nullable Sha256 missingKey;

    private boolean missingKeyTold;

    /**
     * @param keysAtHand of the warrant's content
     * @param reportedTo records before this offset were told to custody by an earlier run
     */
    WarrantEvidence(
            EvidenceFiles files,
            SinkConfig config,
            SinkKeys keys,
            WarrantSealer sealer,
            CustodyLog custody,
            ContentReader.Keys keysAtHand,
            DeliveryKeyFiles deliveryKeys,
            Clock clock,
            SinkStatus status,
            long reportedTo)
            throws IOException {
        this.warrant = files.warrant();
        this.directory = files.directory();
        this.series = new EvidenceSeries(files, config.rotateBytes(), this);
        this.statements = new StatementFiles(warrant, directory, keys);
        this.sealer = sealer;
        this.custody = custody;
        this.sealDelay = config.sealDelay();
        this.reportedTo = reportedTo;
        this.keysAtHand = keysAtHand;
        this.content = new ContentReader(warrant, keysAtHand);
        this.sealedNext = WarrantSealer.isSealed(directory) ? SealFile.nextOffset(directory) : null;
        this.finished = sealedNext != null && sealedNext == 0;
        this.destruction = new Destruction(directory, warrant, deliveryKeys, keys);
        this.destroyed = Destruction.begun(directory);
        this.clock = clock;
        this.status = status;
        this.startedAt = clock.instant();
    }

    /** The offset after the last record taken. */
    long next() {
        return next;
    }

    /**
     * Takes a record; returns whether there is something to flush.
     *
     * @throws DeliveryKeyMissingException if it can't be read yet: nothing was taken, and it must come again
     */
    boolean accept(ConsumerRecord<String, byte[]> record, Instant now) throws IOException, DeliveryKeyMissingException {
        if (broken || destroyed) {
            return false;
        }
        byte[] value = finished ? record.value() : content.read(record.value());
        next = record.offset() + 1;
        lastRecordAt = now;
        if (finished) {
            late(record);
            return false;
        }
        try {
            series.accept(record.offset(), value);
            if (next > reportedTo) {
                status.filed(record.serializedValueSize());
            }
            if (sealedNext != null && next >= sealedNext) {
                finish();
            }
        } catch (EvidenceException e) {
            mismatch(e);
        }
        return !broken;
    }

    /** Whether its content is destroyed, or being destroyed: the log is read no more. */
    boolean isDestroyed() {
        return destroyed;
    }

    /** Whether it is being filed. */
    boolean isOpen() {
        return !finished && !destroyed && !broken;
    }

    /** Whether it is being filed, and nothing came for long. */
    boolean isSilent(Instant now) {
        Instant since = lastRecordAt.equals(Instant.MIN) ? startedAt : lastRecordAt;
        return isOpen() && missingKey == null && !now.isBefore(since.plus(SinkStatus.SILENT));
    }

    /** Whether its files are not what the log says. */
    boolean isMismatched() {
        return broken;
    }

    /** Whether a seal or its timestamp failed and is tried again. */
    boolean isSealDue() {
        return sealDue;
    }

    /** Whether the next record can't be read without a delivery key that is not here. */
    boolean waitsForKey() {
        return missingKey != null;
    }

    /** Waits for a key, and says so once. */
    void waitForKey(Sha256 keyId) {
        missingKey = keyId;
        if (!missingKeyTold) {
            missingKeyTold = true;
            LOG.warn("warrant {}: its delivery key {} is not here; nothing is filed until it is", warrant, keyId);
            custody.record(
                    CustodyAction.DELIVERY_KEY_MISSING,
                    warrant,
                    null,
                    null,
                    "the content is encrypted and the delivery key is not with the sink; what is captured stays in the log"
                            + " until it is",
                    Map.of("deliveryKeyId", keyId.hex()));
        }
    }

    /** Looks for the key; returns whether it was missing and is here, or nobody will bring it. */
    boolean keyCame() {
        Sha256 awaited = missingKey;
        try {
            if (awaited != null) {
                keysAtHand.find(awaited);
                missingKey = null;
            }
            return awaited != null;
        } catch (DeliveryKeyMissingException e) {
            return false;
        }
    }

    /** Writes out what was taken; returns whether the evidence is as it should be. */
    boolean flush() throws IOException {
        try {
            if (!broken && !finished) {
                series.flush();
                status.wrote(clock.instant());
            }
        } catch (EvidenceException e) {
            mismatch(e);
        }
        return !broken;
    }

    /**
     * Seals when it is time, and destroys when it is ordered.
     *
     * @param lag records of the topic that were not read yet, if that is known
     * @param allOrders whether the orders' topic was read to its end: there may be a hold behind an order to destroy, and an amendment
     *     behind the warrant that is over
     */
    void tick(Instant now, OptionalLong lag, WarrantOrders orders, boolean allOrders, ExecutorService elsewhere)
            throws IOException {
        Future<String> running = sealing;
        if (running != null) {
            if (running.isDone()) {
                sealing = null;
                if (destroyed) {
                    destroyed(running, now);
                } else {
                    sealed(running, now);
                }
            }
            return;
        }
        if (!allOrders || now.isBefore(retryAt) || destroy(orders, elsewhere) || broken) {
            return;
        }
        if (WarrantSealer.isSealed(directory)) {
            if (finished && sealer.awaitsTimestamp(directory)) {
                sealing = elsewhere.submit(() -> {
                    sealer.stamp(directory);
                    return "";
                });
            }
            return;
        }
        Optional<WarrantOrders.End> end = orders.end(warrant);
        if (end.isPresent() && over(end.get(), now, lag)) {
            seal(end.get(), orders.of(warrant), elsewhere);
        }
    }

    private boolean over(WarrantOrders.End end, Instant now, OptionalLong lag) {
        boolean allEnded = series.sessions().stream().allMatch(state -> {
            Checkpoint last = state.last();
            return last != null && last.endReason() != null;
        });
        return !now.isBefore(end.at().plus(allEnded ? sealDelay : sealDelay.plus(CUT_OFF_GRACE)))
                && lag.isPresent()
                && lag.getAsLong() == 0
                && (lastRecordAt.equals(Instant.MIN) || !now.isBefore(lastRecordAt.plus(sealDelay)));
    }

    private void seal(WarrantOrders.End end, List<WarrantOrders.Accepted> orders, ExecutorService elsewhere)
            throws IOException {
        try {
            finish();
        } catch (EvidenceException e) {
            mismatch(e);
            return;
        }
        WarrantSealer.Ended ended = new WarrantSealer.Ended(
                warrant,
                directory,
                end,
                orders,
                statements.files(),
                series.records(),
                series.nextOffset(),
                series.sessions());
        sealing = elsewhere.submit(() -> {
            String hash = sealer.seal(ended);
            if (sealer.awaitsTimestamp(directory)) {
                sealer.stamp(directory);
            }
            return hash;
        });
    }

    private void finish() throws IOException, EvidenceException {
        if (!finished) {
            series.finish();
            finished = true;
        }
    }

    private void sealed(Future<String> done, Instant now) {
        try {
            String hash = done.get();
            sealDue = false;
            if (!hash.isEmpty()) {
                status.sealed();
                custody.record(
                        CustodyAction.WARRANT_SEALED,
                        warrant,
                        null,
                        null,
                        "the warrant is over and its evidence sealed",
                        Map.of("seal", hash, "nextOffset", String.valueOf(series.nextOffset())));
                LOG.info("a warrant's evidence is sealed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            String why = String.valueOf(
                    e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
            retryAt = now.plus(RETRY);
            sealDue = true;
            status.sealDelayed();
            custody.record(
                    CustodyAction.SEAL_DELAYED,
                    warrant,
                    null,
                    null,
                    (WarrantSealer.isSealed(directory)
                                    ? "the seal could not be timestamped: "
                                    : "no seal could be made: ")
                            + why,
                    Map.of());
            LOG.warn("a seal is delayed and tried again: {}", why);
        }
    }

    /** Whether there is nothing else to do. */
    private boolean destroy(WarrantOrders orders, ExecutorService elsewhere) {
        if (destroyed) {
            if (!Destruction.done(directory)) {
                sealing = elsewhere.submit(destruction::finish);
            }
            return true;
        }
        Optional<WarrantOrders.Kept> known = orders.kept(warrant);
        if (known.isEmpty()) {
            return false;
        }
        WarrantOrders.Kept kept = known.get();
        tellRefusal(kept.refused());
        WarrantOrders.Accepted order = kept.destruction();
        if (order == null || !kept.retention().destruction()) {
            return false;
        }
        Optional<String> hindrance =
                kept.retention().hindrance(WarrantSealer.isSealed(directory) && !sealer.awaitsTimestamp(directory));
        if (hindrance.isPresent()) {
            tellHindrance(hindrance.get());
            return false;
        }
        destroyed = true;
        boolean encrypted = orders.allEncrypted(warrant);
        finished = true;
        sealing = elsewhere.submit(() -> destruction.carryOut(order, kept, encrypted, clock.instant()));
        return true;
    }

    private void tellRefusal(WarrantOrders.@Nullable RefusedDestruction refused) {
        if (refused != null && refused.offset() != refusalTold && !refused.at().isBefore(startedAt)) {
            refusalTold = refused.offset();
            custody.record(
                    CustodyAction.DESTRUCTION_REFUSED,
                    warrant,
                    null,
                    null,
                    "nothing is destroyed: " + refused.why(),
                    Map.of("order", String.valueOf(refused.offset())));
        }
    }

    private void tellHindrance(String why) {
        if (!hindranceTold) {
            hindranceTold = true;
            custody.record(
                    CustodyAction.DESTRUCTION_REFUSED,
                    warrant,
                    null,
                    null,
                    "nothing is destroyed yet: " + why,
                    Map.of());
        }
    }

    private void destroyed(Future<String> done, Instant now) {
        try {
            custody.record(
                    CustodyAction.WARRANT_DESTROYED,
                    warrant,
                    null,
                    null,
                    "the warrant's content is destroyed: its delivery key and its capture files; " + Destruction.PROOF
                            + " says what they were",
                    Map.of("proof", done.get()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            String why = String.valueOf(
                    e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
            retryAt = now.plus(RETRY);
            destroyed = Destruction.begun(directory);
            LOG.error("warrant {}: its content could not be destroyed; that is tried again: {}", warrant, why);
            custody.record(
                    CustodyAction.DESTRUCTION_REFUSED,
                    warrant,
                    null,
                    null,
                    "the content could not be destroyed so far; that is tried again: " + why,
                    Map.of());
        }
    }

    private void late(ConsumerRecord<String, byte[]> record) {
        SessionId session = null;
        try {
            session = SessionId.parse(String.valueOf(record.key()));
        } catch (IllegalArgumentException e) {
            // Told without a session.
        }
        if (session == null || lateTold.add(session)) {
            say(
                    CustodyAction.RECORD_LATE,
                    session,
                    record.topic() + "@" + record.offset()
                            + " came after the warrant was sealed; it is in no file; a rebuild from the log has it",
                    Map.of("offset", String.valueOf(record.offset())));
        }
    }

    @Override
    public void complete(EvidenceSeries.FilePair files) throws IOException, EvidenceException {
        statements.write(files);
    }

    @Override
    public void filed(SessionId session, String file, long packets, long missing, Checkpoint last) {
        if (next > reportedTo) {
            status.gap(missing);
        }
        say(
                CustodyAction.SESSION_FILED,
                session,
                "the session is complete in " + file,
                Map.of(
                        "file", file,
                        "packets", String.valueOf(packets),
                        "missing", String.valueOf(missing),
                        "delivered", String.valueOf(last.delivered()),
                        "kernelDrop", String.valueOf(last.kernelDrop())));
    }

    @Override
    public void continued(SessionId session, SessionId previous, long notFiled, boolean sameInterface) {
        if (next > reportedTo) {
            status.gap(notFiled);
        }
        say(
                CustodyAction.GAP,
                session,
                sameInterface
                        ? "between the session before and this one " + notFiled
                                + " packets of the interface passed that are in no file"
                        : "the session before had another interface; of this one's " + notFiled
                                + " packets passed before the session and are in no file",
                Map.of(
                        "previousSession", previous.toString(),
                        "packets", String.valueOf(notFiled),
                        "sameInterface", String.valueOf(sameInterface)));
    }

    @Override
    public void refused(@Nullable SessionId session, long offset, Refusal why) {
        if (next > reportedTo) {
            status.recordRefused();
        }
        say(
                CustodyAction.RECORD_REFUSED,
                session,
                "record " + offset + " of the packet topic is left out: " + why.text(),
                Map.of("offset", String.valueOf(offset), "why", why.name()));
    }

    @Override
    public void integrity(SessionId session, long from, long to, String problem) {
        LOG.warn("session {}: records {} to {}: {}", session, from, to, problem);
        say(
                CustodyAction.INTEGRITY,
                session,
                "records " + from + " to " + to + ": " + problem + "; they are filed as they are",
                Map.of("from", String.valueOf(from), "to", String.valueOf(to)));
    }

    private void mismatch(EvidenceException e) {
        broken = true;
        LOG.error("warrant {}: {}; this warrant's evidence is left as it is", warrant, e.getMessage());
        custody.record(CustodyAction.EVIDENCE_MISMATCH, warrant, null, null, String.valueOf(e.getMessage()), Map.of());
    }

    private void say(CustodyAction action, @Nullable SessionId session, String text, Map<String, String> details) {
        if (next > reportedTo) {
            custody.record(action, warrant, session, null, text, details);
        }
    }

    @Override
    public void close() {
        try {
            series.close();
        } catch (IOException e) {
            LOG.error("warrant {}: closing its evidence failed: {}", warrant, e.getMessage());
        }
    }
}
