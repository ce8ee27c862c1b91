package org.lawtap.sink.verify;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;

/**
 * What the check of one warrant's evidence has shown.
 *
 * @param orders the valid ones, in the order of the log
 * @param sealed what the seal says of itself, or null if there is none that can be read
 * @param stampedAt when the timestamp authority saw the seal, or null
 */
public record WarrantReport(
        WarrantId warrant,
        Path directory,
        List<ApprovedOrder> orders,
        @Nullable Sealed sealed,
        @Nullable Instant stampedAt,
        List<Finding> findings,
        List<String> notes,
        List<Check.Result> checks,
        List<SessionReport> sessions,
        List<FileReport> files) {
    public WarrantReport {
        orders = List.copyOf(orders);
        findings = List.copyOf(findings);
        notes = List.copyOf(notes);
        checks = List.copyOf(checks);
        sessions = List.copyOf(sessions);
        files = List.copyOf(files);
    }

    /** Whether nothing was found. */
    public boolean ok() {
        return findings.isEmpty();
    }

    /** An order with those whose signatures made it valid. */
    public record ApprovedOrder(Order order, List<String> approvers, long offset) {
        public ApprovedOrder {
            approvers = List.copyOf(approvers);
        }
    }

    /** When and why a warrant was sealed. */
    public record Sealed(Instant sealedAt, Instant endedAt, String because) {}

    /** A file as it lies there. */
    public record FileReport(String name, long bytes, String sha256) {}

    /**
     * What there is of a session.
     *
     * @param opened null if its opening can't be read
     * @param missing packets that a checkpoint says were delivered, and the files lack
     * @param firstNs time of the first packet; {@link Long#MAX_VALUE} without packets
     * @param last the last checkpoint, or null
     */
    public record SessionReport(
            SessionId session,
            @Nullable SessionOpened opened,
            long packets,
            long missing,
            long firstNs,
            long lastNs,
            @Nullable Checkpoint last,
            List<Mark> marks) {
        public SessionReport {
            marks = List.copyOf(marks);
        }
    }

    /** Packets that are known to have been and are not in the files, or not wholly. */
    public record Mark(long fromNs, long toNs, Loss loss, long packets) {}

    /** Why packets are not in the files. */
    public enum Loss {
        MISSED_BEFORE_ARM("passed before the session began"),
        KERNEL_DROP("lost in the node's kernel"),
        USER_DROP("lost in the capture-worker"),
        OUT_OF_SCOPE("not kept: outside the warrant, or not addressed to the pod"),
        UNSEEN_BY_TAP("not seen by the tap"),
        UNSEEN_BY_INTERFACE("not counted by the interface"),
        MISSING("handed over by the node and missing in the log");

        private final String text;

        Loss(String text) {
            this.text = text;
        }

        /** A clause for a reader. */
        public String text() {
            return text;
        }
    }
}
