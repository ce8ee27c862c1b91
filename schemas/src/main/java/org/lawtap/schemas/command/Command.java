package org.lawtap.schemas.command;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.SignedOrder;

/** The desired state of captures on one node. A repeated START changes nothing; what is not renewed ends with its lease. */
public sealed interface Command {
    NodeName node();

    Instant issuedAt();

    /**
     * This pod shall be captured under this warrant.
     *
     * @param order the whole signed warrant, which the worker verifies again
     * @param labels what the decision rested on
     */
    record Start(
            NodeName node,
            Instant issuedAt,
            CaptureKey capture,
            SignedOrder order,
            PodRef pod,
            Map<String, String> labels,
            boolean hostNetwork,
            Instant leaseUntil)
            implements Command {
        public Start {
            labels = Map.copyOf(labels);
        }

        /** The same with another end of the lease. */
        public Start until(Instant lease) {
            return new Start(node, issuedAt, capture, order, pod, labels, hostNetwork, lease);
        }
    }

    /** This capture shall end. A STOP for an unknown capture is recorded, not an error. */
    record Stop(NodeName node, Instant issuedAt, CaptureKey capture, StopReason reason) implements Command {}

    /** These captures go on until the new lease ends. */
    record Renew(NodeName node, Instant issuedAt, List<CaptureKey> captures, Instant leaseUntil) implements Command {
        public Renew {
            captures = List.copyOf(captures);
        }

        /** The same with another end of the lease. */
        public Renew until(Instant lease) {
            return new Renew(node, issuedAt, captures, lease);
        }
    }
}
