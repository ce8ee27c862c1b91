package org.lawtap.deploy.simulation;

/** What must hold after every step, whatever happened before. */
public enum Invariant {
    NOTHING_WITHOUT_A_WARRANT("nothing is captured without an active warrant"),
    NOTHING_OUTSIDE_THE_WINDOW("nothing outside a warrant's window is kept"),
    EVERYTHING_THAT_MATCHES(
            "everything that matches is captured and filed within " + Simulation.QUIET_STEPS + " steps of quiet"),
    NO_DATA_IN_ANOTHERS_TOPIC("no warrant's data is in another's topic or files"),
    EACH_PACKET_IN_ONE_CLASS("each packet is in exactly one class, and filed once if it was kept");

    private final String sentence;

    Invariant(String sentence) {
        this.sentence = sentence;
    }

    /** The invariant in words. */
    public String sentence() {
        return sentence;
    }
}
