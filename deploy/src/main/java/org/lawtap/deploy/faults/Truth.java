package org.lawtap.deploy.faults;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.pod.NumberedSender;
import org.lawtap.schemas.model.WarrantId;

/**
 * What really happened, by the pods' own word and by what the run itself did: none of it comes from what is checked.
 *
 * @param expected captures that must have begun: nothing befell the system for long enough while pod and warrant were there
 * @param standing captures that must have gone on until their warrant's end
 */
record Truth(List<Life> lives, Map<WarrantId, Window> windows, Set<Capture> expected, Set<Capture> standing) {
    Truth {
        expected = Set.copyOf(expected);
        lives = List.copyOf(lives);
        windows = Map.copyOf(windows);
        standing = Set.copyOf(standing);
    }

    /** All frames that one pod sent to one hardware address. @param marker of the pod that sent them */
    record Way(String marker, String mac) {
        static Way of(NumberedSender.Numbered frame) {
            return new Way(frame.marker(), frame.mac());
        }
    }

    /**
     * One life of a pod: what passed its interface.
     *
     * @param interfaceName as the node sees it; random, so that no two lives share one
     * @param warrants whose target the pod is
     * @param passed how many frames passed the interface on each way, numbered from 0
     * @param counted packets of both directions by the pod's own kernel
     */
    record Life(
            String pod,
            String interfaceName,
            Set<WarrantId> warrants,
            Map<Way, Long> passed,
            long counted,
            Instant began,
            Instant ended) {
        Life {
            warrants = Set.copyOf(warrants);
            passed = Map.copyOf(passed);
        }

        long sent() {
            return passed.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /**
     * When a warrant allowed to capture.
     *
     * @param until its latest end in all generations
     * @param revokedBy by when its revocation must have been obeyed; null if it was not revoked
     */
    record Window(Instant from, Instant until, @Nullable Instant revokedBy) {}

    /** A pod's life under a warrant. */
    record Capture(WarrantId warrant, String interfaceName) {}
}
