package org.lawtap.deploy.bench;

/** A way from records or a capture file to a capture file. */
enum SinkWay {
    REBUILD("lawtap rebuild"),
    REBUILD_COLD("lawtap rebuild, first in its JVM"),
    MERGECAP("mergecap"),
    TCPDUMP("tcpdump -r -w"),
    CAT("cat");

    private final String label;

    SinkWay(String label) {
        this.label = label;
    }

    /** As the tables name it. */
    String label() {
        return label;
    }
}
