package org.lawtap.deploy.faults;

import java.util.List;

/** A process that faults befall. */
enum Party {
    WATCHER("watcher"),
    WARRANTS("warrants"),
    WORKER("worker"),
    SINK("sink"),
    BROKER_1("broker1"),
    BROKER_2("broker2"),
    BROKER_3("broker3");

    /** The brokers by their numbers from 1. */
    static final List<Party> BROKERS = List.of(BROKER_1, BROKER_2, BROKER_3);

    private final String machine;

    Party(String machine) {
        this.machine = machine;
    }

    /** The name of the machine that it lives on; the worker lives on the node. */
    String machine() {
        return machine;
    }

    boolean isBroker() {
        return BROKERS.contains(this);
    }
}
