package org.lawtap.deploy.bench;

/** A way from an interface to a capture file. */
enum PipelineWay {
    /** Worker, Kafka, sink. */
    LAWTAP("lawtap"),
    /** One process, no Kafka. */
    TCPDUMP("tcpdump -w FILE"),
    /** pcap4j, one Kafka record a packet, a consumer that writes. */
    PLAIN("plain pipeline");

    private final String label;

    PipelineWay(String label) {
        this.label = label;
    }

    /** As the tables name it. */
    String label() {
        return label;
    }
}
