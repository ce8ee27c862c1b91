package org.lawtap.deploy.bench;

import java.util.Optional;

/** What captures the observed workload's packets. */
enum TargetTap {
    UNTAPPED("untapped", Optional.empty()),
    LAWTAP("lawtap", Optional.of(CaptureWay.WORKER)),
    TCPDUMP("tcpdump -w FILE", Optional.of(CaptureWay.TCPDUMP_FILE));

    private final String label;
    private final Optional<CaptureWay> way;

    TargetTap(String label, Optional<CaptureWay> way) {
        this.label = label;
        this.way = way;
    }

    /** As the tables name it. */
    String label() {
        return label;
    }

    /** How it captures, if it does. */
    Optional<CaptureWay> way() {
        return way;
    }
}
