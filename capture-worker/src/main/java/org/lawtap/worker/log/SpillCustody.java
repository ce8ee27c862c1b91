package org.lawtap.worker.log;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.CustodyLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The words in which the packet log tells custody what became of records. They go the same way to Kafka as the records do, and
 * wait here while the producer takes nothing. Owned by one thread.
 */
final class SpillCustody {
    private static final Logger LOG = LoggerFactory.getLogger(SpillCustody.class);
    private static final int WAITING_MAX = 1000;
    private static final long NS_PER_MS = 1_000_000L;

    private final CustodyLog custody;
    private final LongSupplier nanoTime;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private boolean closed;

    SpillCustody(CustodyLog custody, LongSupplier nanoTime) {
        this.custody = custody;
        this.nanoTime = nanoTime;
    }

    private record Waiting(
            CustodyAction action,
            @Nullable WarrantId warrant,
            @Nullable SessionId session,
            String text,
            Map<String, String> details,
            long since) {}

    void begun(WarrantId warrant) {
        tell(
                CustodyAction.SPILL_BEGUN,
                warrant,
                "Kafka does not take this warrant's records as fast as they come; from now on they wait on the node's disk",
                Map.of());
    }

    void full(WarrantId warrant, String why) {
        tell(
                CustodyAction.SPILL_FULL,
                warrant,
                "no room on the node's disk: packets stay in the kernel's rings, which count what they have no room for",
                Map.of("reason", why));
    }

    void drained(WarrantId warrant, long records, long bytes, long ms) {
        tell(
                CustodyAction.SPILL_DRAINED,
                warrant,
                "Kafka has all records that waited on the node's disk",
                Map.of("records", String.valueOf(records), "bytes", String.valueOf(bytes), "ms", String.valueOf(ms)));
    }

    void recovered(Spill.Recovered found) {
        tell(
                CustodyAction.SPILL_RECOVERED,
                found.warrant(),
                "an earlier worker left records on the node's disk; they are sent before all others of this warrant",
                Map.of(
                        "records", String.valueOf(found.records()),
                        "bytes", String.valueOf(found.bytes()),
                        "tornBytes", String.valueOf(found.tornBytes())));
    }

    void damaged(Spill.Damaged damaged) {
        tell(
                CustodyAction.SPILL_DAMAGED,
                damaged.warrant(),
                "something on the node's disk is not what the worker wrote there; it is set aside and not sent",
                Map.of(
                        "file", damaged.name(),
                        "files", String.valueOf(damaged.files()),
                        "bytes", String.valueOf(damaged.bytes()),
                        "reason", damaged.why()));
    }

    void notStored(WarrantId warrant, SessionId session, String reason, boolean kept) {
        tell(
                CustodyAction.RECORD_NOT_STORED,
                warrant,
                session,
                kept
                        ? "Kafka refuses a record of this session; it stays on the node's disk and is offered again"
                        : "a record of this session is lost",
                Map.of("reason", reason));
    }

    private void tell(CustodyAction action, @Nullable WarrantId warrant, String text, Map<String, String> details) {
        tell(action, warrant, null, text, details);
    }

    private void tell(
            CustodyAction action,
            @Nullable WarrantId warrant,
            @Nullable SessionId session,
            String text,
            Map<String, String> details) {
        LOG.warn("{}{}: {} {}", action, warrant == null ? "" : " of warrant " + warrant, text, details);
        if (closed) {
            return;
        }
        if (waiting.size() >= WAITING_MAX) {
            LOG.error("custody is not told: {} events wait already", WAITING_MAX);
            return;
        }
        waiting.add(new Waiting(action, warrant, session, text, details, nanoTime.getAsLong()));
    }

    /** Hands the producer what waits. */
    void flush() {
        Waiting next = waiting.poll();
        while (next != null) {
            Map<String, String> details = new LinkedHashMap<>(next.details());
            long waitedMs = (nanoTime.getAsLong() - next.since()) / NS_PER_MS;
            if (waitedMs > 0) {
                details.put("toldAfterMs", String.valueOf(waitedMs));
            }
            custody.record(next.action(), next.warrant(), next.session(), null, next.text(), details);
            next = waiting.poll();
        }
    }

    /** The producer is closed: from now on only the process's log is told. */
    void close() {
        closed = true;
    }
}
