package org.lawtap.deploy.bench;

import java.util.OptionalLong;

/**
 * What one process cost that watched the load once.
 *
 * @param who {@code watcher} or {@code informer}
 * @param listSeconds from its first request for a list to the last pod being readable in the topic
 * @param listCpuSeconds of the process, from its start to then; the JVM's own start is in it
 * @param changes of the API server while it was measured
 * @param cpuMicrosPerChange of the process
 * @param delays from a change being handed to the connection to its record being readable
 * @param residentKib at the end of the changes
 * @param liveHeapKib after a full collection at the end
 * @param records written while it was measured
 * @param serverCpuMicrosPerChange what the load server itself took
 * @param late changes of which the topic never knew
 */
record WatchRun(
        String who,
        int round,
        double listSeconds,
        double listCpuSeconds,
        long changes,
        double cpuMicrosPerChange,
        Delay delays,
        long residentKib,
        long peakKib,
        OptionalLong liveHeapKib,
        long records,
        double serverCpuMicrosPerChange,
        int late,
        TopicView.Comparison comparison) {
    /** Milliseconds, of the changes that mean something to lawtap. */
    record Delay(int count, double p50Ms, double p99Ms, double maxMs) {}

    /** Whether the topic said in the end what the API server has, and nothing else. */
    boolean correct() {
        return comparison.problems().isEmpty() && late == 0;
    }
}
