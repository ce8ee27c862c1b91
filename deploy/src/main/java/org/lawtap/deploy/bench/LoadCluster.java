package org.lawtap.deploy.bench;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The truth that a {@link LoadApiServer} serves: the present pods, the last changes in their order, and how it goes on. Every
 * change has the next resource version. Safe for many threads.
 *
 * <p>The mix of changes: 45 % of a pod's status that mean nothing to lawtap (a probe, a restart count), 15 % of a label, 40 %
 * steps of pods being replaced, five each:
 *
 * <pre>
 *   RUNNING -- MODIFIED --> TERMINATING -- DELETED --> (none) -- ADDED --> CREATED -- MODIFIED --> SCHEDULED -- MODIFIED --> RUNNING
 * </pre>
 */
public final class LoadCluster {
    /** The resource version of the first list. */
    static final long FIRST_VERSION = 10_000_000;

    private static final int STATUS_PERCENT = 45;
    private static final int LABEL_PERCENT = 15;
    private static final int REPLACED_AT_ONCE = 20;
    private static final int PICKS_MAX = 1000;

    private final Settings settings;
    private final SplittableRandom random;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final @Nullable LoadPod[] slots;
    private final Change[] history;
    private final Deque<Integer> replaced = new ArrayDeque<>();
    private final int[] lives;
    private long version = FIRST_VERSION;
    /** Changes up to this one are not told any more. */
    private long forgotten = FIRST_VERSION;

    /**
     * How large, and how it behaves.
     *
     * @param seed equal seeds give equal changes
     * @param history changes that a watch may resume from
     */
    public record Settings(int pods, int nodes, long seed, int history) {
        public Settings {
            if (pods < 1 || nodes < 1 || history < 1) {
                throw new IllegalArgumentException("pods, nodes and history must be 1 or more");
            }
        }
    }

    /** What a watch tells. */
    enum Kind {
        ADDED,
        MODIFIED,
        DELETED
    }

    /**
     * One change.
     *
     * @param pod as it is after it; its resource version is the change's own
     * @param meaningful whether lawtap has to say it
     */
    record Change(Kind kind, LoadPod pod, boolean meaningful) {}

    /** All pods as of one resource version, by slot; null where a slot is empty. */
    record Snapshot(long version, List<@Nullable LoadPod> slots) {}

    /** What happened after a version. */
    sealed interface After {
        /** In order; empty if nothing did. */
        record Changes(List<Change> changes) implements After {
            public Changes {
                changes = List.copyOf(changes);
            }
        }

        /** The history does not reach back so far. */
        record Gone(long oldest) implements After {}
    }

    public LoadCluster(Settings settings) {
        this.settings = settings;
        this.random = new SplittableRandom(settings.seed());
        this.slots = new @Nullable LoadPod[settings.pods()];
        this.lives = new int[settings.pods()];
        this.history = new Change[settings.history()];
        for (int slot = 0; slot < settings.pods(); slot++) {
            slots[slot] = new LoadPod(
                    slot,
                    0,
                    FIRST_VERSION - settings.pods() + slot,
                    LoadPod.Stage.RUNNING,
                    slot % settings.nodes(),
                    0,
                    0);
        }
    }

    /** The version of the last change. */
    public long version() {
        lock.lock();
        try {
            return version;
        } finally {
            lock.unlock();
        }
    }

    /** The pods that stand now. */
    Snapshot snapshot() {
        lock.lock();
        try {
            List<@Nullable LoadPod> copy = new ArrayList<>(slots.length);
            for (LoadPod pod : slots) {
                copy.add(pod);
            }
            return new Snapshot(version, copy);
        } finally {
            lock.unlock();
        }
    }

    /** Makes this many changes. */
    public void change(int count) {
        lock.lock();
        try {
            for (int i = 0; i < count; i++) {
                step();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Forgets all history: whoever resumes from before now is told that it is gone. */
    public void forget() {
        lock.lock();
        try {
            forgotten = version;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What happened after {@code since}, at most {@code max} changes. */
    After after(long since, int max) {
        lock.lock();
        try {
            long oldest = Math.max(forgotten, version - history.length);
            if (since < oldest) {
                return new After.Gone(oldest);
            }
            List<Change> changes = new ArrayList<>();
            for (long next = since + 1; next <= version && changes.size() < max; next++) {
                changes.add(history[place(next)]);
            }
            return new After.Changes(changes);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until something happened after {@code since}, at most so long, or until {@link #wake}. */
    @SuppressWarnings("WaitNotInLoop") // who waits looks for itself what there is, and waits again
    void await(long since, long nanos) throws InterruptedException {
        lock.lock();
        try {
            if (version <= since) {
                changed.await(nanos, TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets all who wait look again. */
    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void step() {
        int percent = random.nextInt(100);
        if (percent < STATUS_PERCENT) {
            LoadPod pod = anyRunning();
            tell(Kind.MODIFIED, with(pod, pod.stage(), pod.node(), pod.labelMark(), pod.statusMark() + 1), false);
        } else if (percent < STATUS_PERCENT + LABEL_PERCENT) {
            LoadPod pod = anyRunning();
            tell(Kind.MODIFIED, with(pod, pod.stage(), pod.node(), pod.labelMark() + 1, pod.statusMark()), true);
        } else if (replaced.size() < Math.min(REPLACED_AT_ONCE, Math.ceilDiv(settings.pods(), 2))) {
            LoadPod pod = anyRunning();
            replaced.add(pod.slot());
            tell(Kind.MODIFIED, with(pod, LoadPod.Stage.TERMINATING, pod.node(), pod.labelMark(), 0), true);
        } else {
            replace(replaced.remove());
        }
    }

    private void replace(int slot) {
        LoadPod pod = slots[slot];
        if (pod == null) {
            lives[slot]++;
            tell(Kind.ADDED, new LoadPod(slot, lives[slot], version + 1, LoadPod.Stage.CREATED, 0, 0, 0), true);
            replaced.add(slot);
            return;
        }
        switch (pod.stage()) {
            case TERMINATING -> {
                tell(Kind.DELETED, with(pod, pod.stage(), pod.node(), pod.labelMark(), pod.statusMark()), true);
                replaced.add(slot);
            }
            case CREATED -> {
                int node = random.nextInt(settings.nodes());
                tell(Kind.MODIFIED, with(pod, LoadPod.Stage.SCHEDULED, node, 0, 0), true);
                replaced.add(slot);
            }
            case SCHEDULED -> tell(Kind.MODIFIED, with(pod, LoadPod.Stage.RUNNING, pod.node(), 0, 0), true);
            case RUNNING -> throw new IllegalStateException("slot " + slot + " is not being replaced");
        }
    }

    private LoadPod with(LoadPod pod, LoadPod.Stage stage, int node, int labelMark, int statusMark) {
        return new LoadPod(pod.slot(), pod.life(), version + 1, stage, node, labelMark, statusMark);
    }

    private LoadPod anyRunning() {
        for (int pick = 0; pick < PICKS_MAX; pick++) {
            LoadPod pod = slots[random.nextInt(slots.length)];
            if (pod != null && pod.stage() == LoadPod.Stage.RUNNING) {
                return pod;
            }
        }
        throw new IllegalStateException("no pod is running");
    }

    private void tell(Kind kind, LoadPod pod, boolean meaningful) {
        version++;
        slots[pod.slot()] = kind == Kind.DELETED ? null : pod;
        history[place(version)] = new Change(kind, pod, meaningful);
    }

    private int place(long of) {
        return (int) (of % history.length);
    }
}
