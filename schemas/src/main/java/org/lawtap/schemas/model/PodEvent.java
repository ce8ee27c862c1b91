package org.lawtap.schemas.model;

import java.time.Instant;

/** What the watcher publishes: a pod changed, or one complete list of a cluster's pods was published. */
public sealed interface PodEvent {
    ClusterId cluster();

    /** Clock of the watcher, microseconds. */
    Instant observedAt();

    /** The key of the event's record. */
    String key();

    /** Where the watcher had it from. */
    enum Source {
        LIST,
        WATCH,
        RELIST
    }

    /** A pod that the API server has. */
    record Present(boolean added, Pod pod, Source source, Instant observedAt) implements PodEvent {
        @Override
        public ClusterId cluster() {
            return pod.ref().cluster();
        }

        @Override
        public String key() {
            return pod.ref().key();
        }
    }

    /** A UID that the API server no longer has, with its last known state. A UID never returns. */
    record Gone(Pod pod, Source source, Instant observedAt) implements PodEvent {
        @Override
        public ClusterId cluster() {
            return pod.ref().cluster();
        }

        @Override
        public String key() {
            return pod.ref().key();
        }
    }

    /** A mark: all pods of one list have been published, and GONE for those that vanished. */
    record Listed(ClusterId cluster, long pods, Source source, Instant observedAt) implements PodEvent {
        @Override
        public String key() {
            return cluster + "/";
        }
    }
}
