package org.lawtap.worker.engine;

import java.io.IOException;

/** Opens packet sources. */
@FunctionalInterface
public interface Engine {
    /** Opens a source on an interface of the worker's network namespace; it drops everything at first. */
    PacketSource open(String interfaceName, int interfaceIndex) throws IOException;

    /** Whether it can't open an interface that is down; then the packets until it is up are missed, and counted. */
    default boolean needsInterfaceUp() {
        return false;
    }

    /** The engines there are. */
    enum Kind {
        /** AF_PACKET with a TPACKET_V3 ring. */
        RING,
        /** libpcap through pcap4j. */
        PCAP4J
    }

    /**
     * The engine of this kind.
     *
     * @param ringBytes size of the kernel's buffer of each source, at most
     * @param allRingsBytes of all sources together, about; see {@link RingBudget}
     */
    static Engine of(Kind kind, long ringBytes, long allRingsBytes) {
        RingBudget budget = new RingBudget(ringBytes, allRingsBytes);
        return switch (kind) {
            case RING -> (name, index) -> RingSource.open(index, budget);
            case PCAP4J ->
                new Engine() {
                    @Override
                    public PacketSource open(String interfaceName, int interfaceIndex) throws IOException {
                        return Pcap4jSource.open(interfaceName, ringBytes);
                    }

                    @Override
                    public boolean needsInterfaceUp() {
                        return true;
                    }
                };
        };
    }
}
