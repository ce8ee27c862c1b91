package org.lawtap.watcher;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;

/**
 * A cluster's pods with the API server's manners: consistent lists in pages, watches from a resource version, a history that
 * forgets. Resource versions are words, so that nobody can compare them. Faults are put in by the test.
 */
final class FakeCluster implements PodApi {
    static final ClusterId CLUSTER = new ClusterId("c1");

    final Map<PodUid, Pod> pods = new LinkedHashMap<>();
    final Deque<ApiException> pageFailures = new ArrayDeque<>();
    final Deque<ApiException> watchFailures = new ArrayDeque<>();
    final List<Item> malformed = new ArrayList<>();
    final List<String> watchedFrom = new ArrayList<>();
    int pagePods = PAGE_PODS_MAX;
    int lists;
    int renewals;

    private final Clock clock;
    private final List<Change> history = new ArrayList<>();
    private final Map<String, List<Item>> snapshots = new HashMap<>();
    private int forgotten;
    private @Nullable FakeWatch watch;

    private record Change(boolean deleted, Pod pod) {}

    FakeCluster(Clock clock) {
        this.clock = clock;
    }

    Pod put(String name, String uid, String label, Pod.@Nullable Phase phase, @Nullable Instant deletion) {
        Pod pod = new Pod(
                new PodRef(CLUSTER, new Namespace("default"), new PodName(name), new PodUid(uid)),
                Map.of("app", label),
                new NodeName("n1"),
                false,
                phase == null ? Pod.Phase.RUNNING : phase,
                List.of(),
                deletion,
                version(history.size() + 1));
        pods.put(pod.ref().uid(), pod);
        history.add(new Change(false, pod));
        return pod;
    }

    Pod put(String name, String uid) {
        return put(name, uid, "a", null, null);
    }

    Pod delete(String uid) {
        Pod pod = Objects.requireNonNull(pods.remove(new PodUid(uid)));
        history.add(new Change(true, pod));
        return pod;
    }

    /** What etcd does every five minutes: older resource versions are 410. */
    void compact() {
        forgotten = history.size();
        snapshots.clear();
    }

    /** Time passes for a server that sends one bookmark and ends the watch in order. */
    void endWatch() {
        if (watch != null) {
            watch.injected.add(new Signal.Bookmark(version(history.size())));
            watch.cursor = history.size();
            watch.injected.add(new Signal.Ended());
        }
    }

    void bookmark() {
        inject(new Signal.Bookmark(version(history.size())));
        if (watch != null) {
            watch.cursor = history.size();
        }
    }

    void inject(Signal signal) {
        if (watch != null) {
            watch.injected.add(signal);
        }
    }

    void hang() {
        if (watch != null) {
            watch.hung = true;
        }
    }

    int watchesOpen() {
        return watch == null || watch.closed ? 0 : 1;
    }

    static String version(int change) {
        // Neither numeric nor in lexical order.
        return "v" + Integer.toString(change * 7919, 36) + "-" + change;
    }

    private static int change(String version) {
        return Integer.parseInt(version.substring(version.indexOf('-') + 1));
    }

    @Override
    public Page page(@Nullable String continueToken) throws ApiException {
        ApiException failure = pageFailures.poll();
        if (failure != null) {
            throw failure;
        }
        int from = 0;
        String version = version(history.size());
        if (continueToken == null) {
            lists++;
            List<Item> all = new ArrayList<>(malformed);
            pods.values().forEach(pod -> all.add(new Item.Read(pod)));
            snapshots.put(version, all);
        } else {
            int at = continueToken.lastIndexOf('@');
            version = continueToken.substring(0, at);
            from = Integer.parseInt(continueToken.substring(at + 1));
        }
        List<Item> snapshot = snapshots.get(version);
        if (snapshot == null) {
            throw new ApiException(410, "the continue token expired");
        }
        int to = Math.min(snapshot.size(), from + pagePods);
        return new Page(snapshot.subList(from, to), version, to < snapshot.size() ? version + "@" + to : null);
    }

    @Override
    public Watch watch(String resourceVersion, Duration timeout) {
        if (watch != null && !watch.closed) {
            throw new AssertionError("two watches at a time");
        }
        watchedFrom.add(resourceVersion);
        watch = new FakeWatch(change(resourceVersion));
        ApiException failure = watchFailures.poll();
        if (failure != null) {
            watch.injected.add(new Signal.Failed(failure));
        } else if (change(resourceVersion) < forgotten) {
            watch.injected.add(new Signal.Failed(new ApiException(410, "too old resource version")));
        }
        return watch;
    }

    @Override
    public void renew() {
        renewals++;
    }

    @Override
    public void close() {}

    private final class FakeWatch implements Watch {
        private final Deque<Signal> injected = new ArrayDeque<>();
        private int cursor;
        private boolean hung;
        private boolean closed;

        FakeWatch(int cursor) {
            this.cursor = cursor;
        }

        @Override
        public @Nullable Signal poll() {
            if (closed) {
                throw new AssertionError("a closed watch was asked");
            }
            if (hung) {
                return null;
            }
            Signal signal = injected.poll();
            if (signal != null) {
                return signal;
            }
            if (cursor >= history.size()) {
                return null;
            }
            Change change = history.get(cursor++);
            Item item = new Item.Read(change.pod());
            return change.deleted()
                    ? new Signal.Deleted(item, version(cursor), clock.instant())
                    : new Signal.Changed(item, version(cursor), clock.instant());
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
