package org.lawtap.watcher;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.watcher.PodApi.Item;
import org.lawtap.watcher.PodApi.Signal;
import org.lawtap.watcher.WatcherMetrics.RelistCause;
import org.lawtap.watcher.WatcherMetrics.WatchEnd;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists the pods once and watches them from there on, for one leader's term. One thread calls {@link #doWork}.
 *
 * <pre>
 *   Listing --last page--> Opening --> Watching --ended, dropped, hung--> Opening, from the last resource version heard
 *      ^                                  |
 *      '------- 410, or failing on -------'            each arrow of a failure leads through Waiting
 * </pre>
 *
 * A resource version is opaque: it is handed back, never compared. Whatever is missed between two lists is made good by the
 * second one, so every doubt ends in a list.
 */
final class PodLoop implements AutoCloseable {
    /** Signals of one step, and so of one transaction. */
    private static final int SIGNALS_MAX = 500;

    /** How long after its due end a silent watch is given up. */
    static final Duration HANG_GRACE = Duration.ofSeconds(10);

    /** The longest that a server's Retry-After is obeyed. */
    static final Duration RETRY_AFTER_MAX = Duration.ofSeconds(60);

    /** Failures in a row, without a word from any watch, after which its resource version is no longer trusted. */
    static final int WATCH_FAILURES_MAX = 8;

    /** An orderly end sooner than this and without a word is a refusal in disguise. */
    private static final Duration MUTE = Duration.ofSeconds(1);

    private static final int UNAUTHORIZED_MAX = 3;

    private static final Logger LOG = LoggerFactory.getLogger(PodLoop.class);

    private sealed interface State {
        /** @param token of the next page; null for the first */
        record Listing(@Nullable String token) implements State {}

        record Opening() implements State {}

        record Watching(PodApi.Watch watch, long openedNs) implements State {}

        record Waiting(long untilNs, State then) implements State {}
    }

    private final PodApi api;
    private final PodTracker tracker;
    private final PodTopic topic;
    private final Duration watchTimeout;
    private final Clock clock;
    private final LongSupplier nanos;
    private final WatcherMetrics metrics;

    private final Backoff backoff = new Backoff();
    private final Backoff relists = new Backoff();
    private State state = new State.Listing(null);
    private PodEvent.Source listSource = PodEvent.Source.LIST;
    private String resume = "";
    private boolean heard;
    private int unauthorized;
    private String lastFailure = "";
    private volatile boolean complete;
    private volatile long heardNs;
    private volatile int pods;

    /** @param nanos a clock that only moves on, in nanoseconds */
    PodLoop(
            PodApi api,
            PodTracker tracker,
            PodTopic topic,
            Duration watchTimeout,
            Clock clock,
            LongSupplier nanos,
            WatcherMetrics metrics) {
        this.api = api;
        this.tracker = tracker;
        this.topic = topic;
        this.watchTimeout = watchTimeout;
        this.clock = clock;
        this.nanos = nanos;
        this.metrics = metrics;
        this.heardNs = nanos.getAsLong();
    }

    /** Does the next step, and returns how much there was to do; 0 means idle. */
    int doWork() throws PublishException {
        return switch (state) {
            case State.Listing listing -> list(listing);
            case State.Opening ignored -> open();
            case State.Watching watching -> watch(watching);
            case State.Waiting waiting -> wait(waiting);
        };
    }

    /** Whether a complete list stands in the topic. Any thread. */
    boolean complete() {
        return complete;
    }

    /** Time since the API server last said something. Any thread. */
    Duration silence() {
        return Duration.ofNanos(nanos.getAsLong() - heardNs);
    }

    /** Pods of the cluster, as of the last step. Any thread. */
    int pods() {
        return pods;
    }

    @Override
    public void close() {
        if (state instanceof State.Watching watching) {
            watching.watch().close();
        }
    }

    private int wait(State.Waiting waiting) {
        if (nanos.getAsLong() - waiting.untilNs() < 0) {
            return 0;
        }
        state = waiting.then();
        return 1;
    }

    private int list(State.Listing listing) throws PublishException {
        if (listing.token() == null) {
            tracker.beginList();
        }
        PodApi.Page page;
        try {
            page = api.page(listing.token());
        } catch (ApiException e) {
            boolean expired = e.gone() && listing.token() != null;
            if (expired) {
                metrics.relist(RelistCause.LIST_EXPIRED);
            }
            failed("list", e, expired ? new State.Listing(null) : listing);
            return 1;
        }
        hear();
        Instant now = clock.instant();
        List<PodEvent> events = new ArrayList<>();
        for (Item item : page.items()) {
            switch (item) {
                case Item.Read read -> events.addAll(tracker.listed(read.pod(), listSource, now));
                case Item.Refused refused -> {
                    refuse(refused);
                    refused.uid().ifPresent(tracker::listed);
                }
            }
        }
        boolean last = page.next() == null;
        if (last) {
            events.addAll(tracker.endList(listSource, now));
        }
        publish(events);
        if (last) {
            LOG.info("{} pods listed", tracker.pods());
            resume = page.resourceVersion();
            complete = true;
            heard = false;
            listSource = PodEvent.Source.RELIST;
            working();
            state = new State.Opening();
        } else {
            state = new State.Listing(page.next());
        }
        return 1 + page.items().size();
    }

    private int open() {
        state = new State.Watching(api.watch(resume, watchTimeout), nanos.getAsLong());
        return 1;
    }

    private int watch(State.Watching watching) throws PublishException {
        List<PodEvent> events = new ArrayList<>();
        int signals = 0;
        boolean going = true;
        while (going && signals < SIGNALS_MAX) {
            Signal signal = watching.watch().poll();
            if (signal == null) {
                break;
            }
            signals++;
            going = take(signal, watching, events);
        }
        // Before a next watch is begun: what was heard up to its resource version stands, or the term ends here.
        publish(events);
        if (signals == 0) {
            long since = nanos.getAsLong() - Math.max(heardNs, watching.openedNs());
            if (since > watchTimeout.plus(HANG_GRACE).toNanos()) {
                metrics.watchEnded(WatchEnd.HANG);
                LOG.warn("the watch is silent for {} s and is given up", since / 1_000_000_000);
                resume(watching);
            }
        }
        return signals;
    }

    /** Takes one signal; false when the watch is over. */
    private boolean take(Signal signal, State.Watching watching, List<PodEvent> events) {
        switch (signal) {
            case Signal.Changed changed -> {
                heard(changed.resourceVersion());
                switch (changed.item()) {
                    case Item.Read read -> events.addAll(tracker.seen(read.pod(), PodEvent.Source.WATCH, changed.at()));
                    case Item.Refused refused -> refuse(refused);
                }
                return true;
            }
            case Signal.Deleted deleted -> {
                heard(deleted.resourceVersion());
                switch (deleted.item()) {
                    case Item.Read read ->
                        events.addAll(tracker.vanished(read.pod(), PodEvent.Source.WATCH, deleted.at()));
                    case Item.Refused refused -> {
                        refuse(refused);
                        refused.uid()
                                .ifPresent(uid ->
                                        events.addAll(tracker.vanished(uid, PodEvent.Source.WATCH, deleted.at())));
                    }
                }
                return true;
            }
            case Signal.Bookmark bookmark -> {
                heard(bookmark.resourceVersion());
                return true;
            }
            case Signal.Ended ignored -> {
                metrics.watchEnded(WatchEnd.ORDERLY);
                boolean lasted = nanos.getAsLong() - watching.openedNs() >= MUTE.toNanos();
                if (lasted) {
                    hear();
                    heard = true;
                }
                resume(watching);
            }
            case Signal.Dropped dropped -> {
                metrics.watchEnded(WatchEnd.DROPPED);
                LOG.info("the watch was dropped: {}", dropped.why());
                resume(watching);
            }
            case Signal.Unreadable unreadable -> {
                metrics.watchEnded(WatchEnd.UNREADABLE);
                LOG.warn("the watch said something unreadable and is begun again: {}", unreadable.why());
                resume(watching);
            }
            case Signal.Failed failed -> refused(watching, failed.failure());
        }
        return false;
    }

    private void refused(State.Watching watching, ApiException failure) {
        if (failure.gone()) {
            metrics.watchEnded(WatchEnd.GONE);
            relist(watching, RelistCause.GONE);
            return;
        }
        metrics.watchEnded(WatchEnd.ERROR);
        watching.watch().close();
        settle();
        if (backoff.failures() >= WATCH_FAILURES_MAX) {
            relist(watching, RelistCause.WATCH_FAILING);
        } else {
            failed("watch", failure, new State.Opening());
        }
    }

    /** The watch is over; the next goes on where it was. At once if it had said anything, else after a while. */
    private void resume(State.Watching watching) {
        watching.watch().close();
        if (settle()) {
            state = new State.Opening();
        } else if (backoff.failures() >= WATCH_FAILURES_MAX) {
            relist(watching, RelistCause.WATCH_FAILING);
        } else {
            Duration delay = backoff.failed();
            state = new State.Waiting(nanos.getAsLong() + delay.toNanos(), new State.Opening());
        }
    }

    private void relist(State.Watching watching, RelistCause cause) {
        watching.watch().close();
        metrics.relist(cause);
        LOG.info("the pods are listed again: {}", cause);
        backoff.succeeded();
        // At once; only a server that says 410 to the version of every fresh list is asked more and more slowly.
        boolean first = relists.failures() == 0;
        Duration delay = relists.failed();
        State.Listing listing = new State.Listing(null);
        state = first ? listing : new State.Waiting(nanos.getAsLong() + delay.toNanos(), listing);
    }

    private void failed(String what, ApiException failure, State then) {
        if (failure.unauthorized()) {
            unauthorized++;
            if (unauthorized == UNAUTHORIZED_MAX) {
                unauthorized = 0;
                LOG.warn("the API server refused the credentials {} times; they are read again", UNAUTHORIZED_MAX);
                api.renew();
            }
        } else {
            unauthorized = 0;
        }
        Duration delay = backoff.failed();
        Duration asked = failure.retryAfter().compareTo(RETRY_AFTER_MAX) > 0 ? RETRY_AFTER_MAX : failure.retryAfter();
        if (asked.compareTo(delay) > 0) {
            delay = asked;
        }
        String said = what + ": " + failure.getMessage();
        if (!said.equals(lastFailure)) {
            // Said once, not at every attempt; the counters and the age of the last progress tell the rest.
            LOG.warn(
                    "the API server did not {} the pods and is asked again: {}; check KUBECONFIG and the right to list"
                            + " and watch pods",
                    what,
                    failure.getMessage());
            lastFailure = said;
        }
        state = new State.Waiting(nanos.getAsLong() + delay.toNanos(), then);
    }

    private void publish(List<PodEvent> events) throws PublishException {
        for (int i = 0; i < events.size(); i += PodTopic.TRANSACTION_EVENTS_MAX) {
            List<PodEvent> some = events.subList(i, Math.min(events.size(), i + PodTopic.TRANSACTION_EVENTS_MAX));
            topic.publish(some);
            metrics.published(some, clock.instant());
        }
        pods = tracker.pods();
    }

    private void refuse(Item.Refused refused) {
        metrics.objectRefused();
        LOG.error("a pod object is set aside: {}", refused.why());
    }

    private void heard(String resourceVersion) {
        if (!resourceVersion.isEmpty()) {
            resume = resourceVersion;
        }
        heard = true;
        relists.succeeded();
        hear();
    }

    private void hear() {
        heardNs = nanos.getAsLong();
    }

    /** Whether the watch that ended had said anything; then earlier failures are past. */
    private boolean settle() {
        boolean said = heard;
        heard = false;
        if (said) {
            working();
        }
        return said;
    }

    private void working() {
        backoff.succeeded();
        unauthorized = 0;
        lastFailure = "";
    }
}
