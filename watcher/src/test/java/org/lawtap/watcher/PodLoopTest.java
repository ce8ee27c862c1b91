package org.lawtap.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.watcher.PodApi.Item;
import org.lawtap.watcher.PodApi.Signal;

class PodLoopTest {
    private static final Duration LONG = Duration.ofSeconds(6);

    private final Stand stand = new Stand();
    private final FakeCluster cluster = stand.cluster;

    @Test
    void listsThenWatches() {
        Pod first = cluster.put("a-0", "uid-1");
        assertThat(stand.settle())
                .containsExactly(
                        added(first, PodEvent.Source.LIST),
                        new PodEvent.Listed(FakeCluster.CLUSTER, 1, PodEvent.Source.LIST, stand.time.instant()));
        assertThat(stand.loop.complete()).isTrue();
        Pod second = cluster.put("b-0", "uid-2");
        assertThat(stand.settle()).containsExactly(added(second, PodEvent.Source.WATCH));
        assertThat(cluster.watchedFrom).containsExactly(FakeCluster.version(1));
    }

    @Test
    void isNotCompleteBeforeTheLastPage() throws PublishException {
        cluster.pagePods = 1;
        cluster.put("a-0", "uid-1");
        cluster.put("b-0", "uid-2");
        stand.loop.doWork();
        assertThat(stand.loop.complete()).isFalse();
        stand.loop.doWork();
        assertThat(stand.loop.complete()).isTrue();
    }

    @Test
    void aLongListGoesOutInTransactionsOfBoundedSize() {
        IntStream.range(0, 1203).forEach(i -> cluster.put("p-" + i, "uid-" + i));
        stand.settle();
        assertThat(stand.topic.transactions).containsExactly(500, 500, 204);
    }

    @Test
    void aVanishedNamesakeMakesTwoTransactionsOfOnePage() {
        IntStream.range(0, 500).forEach(i -> cluster.put("p-" + i, "uid-" + i));
        stand.settle();
        IntStream.range(0, 500).forEach(i -> {
            cluster.delete("uid-" + i);
            cluster.put("p-" + i, "next-" + i);
        });
        relist();
        assertThat(stand.settle()).hasSize(1001);
        assertThat(stand.cluster.lists).isEqualTo(2);
    }

    @Test
    void resumesFromTheLastVersionWhenAWatchEndsInOrder() {
        cluster.put("a-0", "uid-1");
        stand.settle();
        cluster.put("a-0", "uid-1", "b", null, null);
        stand.settle();
        stand.time.pass(Stand.WATCH_TIMEOUT);
        cluster.endWatch();
        stand.settle();
        assertThat(cluster.watchedFrom).containsExactly(FakeCluster.version(1), FakeCluster.version(2));
        assertThat(cluster.lists).isEqualTo(1);
        assertThat(stand.count("lawtap.watcher.watch.ends", "cause", "orderly")).isEqualTo(1);
    }

    @Test
    void aBookmarkAloneMovesTheResumePoint() {
        stand.settle();
        cluster.inject(new Signal.Bookmark(FakeCluster.version(41)));
        stand.settle();
        cluster.inject(new Signal.Dropped("reset"));
        stand.settle();
        assertThat(cluster.watchedFrom).containsExactly(FakeCluster.version(0), FakeCluster.version(41));
    }

    @Test
    void losesNothingWhenTheConnectionDrops() {
        stand.settle();
        Pod known = cluster.put("a-0", "uid-1");
        stand.settle();
        cluster.inject(new Signal.Dropped("reset"));
        Pod missed = cluster.put("b-0", "uid-2");
        cluster.delete("uid-1");
        assertThat(stand.settle())
                .containsExactly(
                        added(missed, PodEvent.Source.WATCH),
                        new PodEvent.Gone(known, PodEvent.Source.WATCH, stand.time.instant()));
        assertThat(cluster.lists).isEqualTo(1);
    }

    @Test
    void waitsLongerAfterEachFailureUpToALimit() {
        stand.settle();
        cluster.inject(new Signal.Dropped("reset"));
        IntStream.range(0, 5).forEach(i -> cluster.watchFailures.add(new ApiException(0, "refused")));
        stand.settle();
        int opened = cluster.watchedFrom.size();
        for (int delay : new int[] {100, 200, 400, 800, 1600}) {
            stand.pass(Duration.ofMillis(delay - 1));
            assertThat(cluster.watchedFrom).hasSize(opened);
            stand.pass(Duration.ofMillis(1));
            opened++;
            assertThat(cluster.watchedFrom).hasSize(opened);
        }
    }

    @Test
    void listsAgainWhenTheWatchIsRefusedAsTooOld() {
        Pod vanished = cluster.put("a-0", "uid-1");
        stand.settle();
        cluster.delete("uid-1");
        Pod created = cluster.put("b-0", "uid-2");
        relist();
        assertThat(stand.settle())
                .containsExactly(
                        added(created, PodEvent.Source.RELIST),
                        new PodEvent.Gone(vanished, PodEvent.Source.RELIST, stand.time.instant()),
                        new PodEvent.Listed(FakeCluster.CLUSTER, 1, PodEvent.Source.RELIST, stand.time.instant()));
        assertThat(stand.count("lawtap.watcher.relists", "cause", "gone")).isEqualTo(1);
    }

    @Test
    void listsAgainWhenAnErrorEventSaysGone() {
        stand.settle();
        cluster.inject(new PodJson(FakeCluster.CLUSTER)
                .signal(
                        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}",
                        stand.time.instant()));
        stand.settle();
        assertThat(cluster.lists).isEqualTo(2);
        assertThat(stand.count("lawtap.watcher.watch.ends", "cause", "gone")).isEqualTo(1);
    }

    @Test
    void beginsTheListAgainWhenItsTokenExpired() {
        cluster.pagePods = 1;
        Pod first = cluster.put("a-0", "uid-1");
        Pod second = cluster.put("b-0", "uid-2");
        step();
        cluster.compact();
        cluster.delete("uid-1");
        stand.settle();
        assertThat(stand.pass(Backoff.FIRST))
                .containsExactly(
                        added(second, PodEvent.Source.LIST),
                        new PodEvent.Gone(first, PodEvent.Source.LIST, stand.time.instant()),
                        new PodEvent.Listed(FakeCluster.CLUSTER, 1, PodEvent.Source.LIST, stand.time.instant()));
        assertThat(stand.count("lawtap.watcher.relists", "cause", "list_expired"))
                .isEqualTo(1);
    }

    @Test
    void asksForTheSamePageAgainWhenItFailedOtherwise() {
        cluster.pagePods = 1;
        cluster.put("a-0", "uid-1");
        cluster.put("b-0", "uid-2");
        step();
        cluster.pageFailures.add(new ApiException(0, "a list of pods could not be read: cut off"));
        stand.settle();
        stand.pass(Backoff.FIRST);
        assertThat(cluster.lists).isEqualTo(1);
        assertThat(stand.loop.complete()).isTrue();
    }

    @Test
    void aStormOfGoneIsAskedMoreAndMoreSlowly() {
        stand.settle();
        for (int i = 0; i < 40; i++) {
            cluster.inject(new Signal.Failed(new ApiException(410, "too old")));
            stand.pass(Duration.ofMillis(500));
        }
        assertThat(cluster.lists).isLessThan(12);
    }

    @Test
    void waitsAsLongAsTheServerAsks() {
        cluster.pageFailures.add(new ApiException(429, Duration.ofSeconds(7), "slow down"));
        stand.settle();
        stand.pass(Duration.ofSeconds(7).minusMillis(1));
        assertThat(cluster.lists).isZero();
        stand.pass(Duration.ofMillis(1));
        assertThat(cluster.lists).isEqualTo(1);
    }

    @Test
    void waitsNoLongerThanALimitHoweverLongTheServerAsks() {
        cluster.pageFailures.add(new ApiException(503, Duration.ofDays(1), "away"));
        stand.settle();
        stand.pass(PodLoop.RETRY_AFTER_MAX);
        assertThat(cluster.lists).isEqualTo(1);
    }

    @Test
    void readsCredentialsAgainAfterRepeatedRefusals() {
        IntStream.range(0, 3).forEach(i -> cluster.pageFailures.add(new ApiException(401, "who are you")));
        stand.settle();
        stand.pass(LONG);
        assertThat(cluster.renewals).isZero();
        stand.pass(LONG);
        assertThat(cluster.renewals).isEqualTo(1);
        stand.pass(LONG);
        assertThat(stand.loop.complete()).isTrue();
    }

    @Test
    void givesUpAWatchThatHangs() {
        stand.settle();
        cluster.hang();
        Pod missed = cluster.put("a-0", "uid-1");
        Duration patience = Stand.WATCH_TIMEOUT.plus(PodLoop.HANG_GRACE);
        assertThat(stand.pass(patience)).isEmpty();
        stand.pass(Duration.ofMillis(1));
        assertThat(stand.count("lawtap.watcher.watch.ends", "cause", "hang")).isEqualTo(1);
        assertThat(stand.pass(Backoff.FIRST)).containsExactly(added(missed, PodEvent.Source.WATCH));
    }

    @Test
    void aQuietWatchWithBookmarksDoesNotHang() {
        stand.settle();
        for (int i = 0; i < 10; i++) {
            cluster.bookmark();
            stand.pass(Stand.WATCH_TIMEOUT);
        }
        assertThat(stand.count("lawtap.watcher.watch.ends")).isZero();
    }

    @Test
    void anOrderlyEndAtOnceAndWithoutAWordIsNoProgress() {
        stand.settle();
        for (int i = 0; i <= PodLoop.WATCH_FAILURES_MAX; i++) {
            cluster.inject(new Signal.Ended());
            stand.settle();
            stand.pass(LONG);
        }
        assertThat(cluster.lists).isEqualTo(2);
        assertThat(stand.count("lawtap.watcher.relists", "cause", "watch_failing"))
                .isEqualTo(1);
    }

    @Test
    void anUnreadableEventIsCountedAndTheWatchResumed() {
        stand.settle();
        cluster.inject(new Signal.Unreadable("cut off"));
        stand.settle();
        Pod next = cluster.put("a-0", "uid-1");
        assertThat(stand.pass(Backoff.FIRST)).containsExactly(added(next, PodEvent.Source.WATCH));
        assertThat(stand.count("lawtap.watcher.watch.ends", "cause", "unreadable"))
                .isEqualTo(1);
    }

    @Test
    void anEventThatIsNeverReadableEndsInAList() {
        stand.settle();
        for (int i = 0; i <= PodLoop.WATCH_FAILURES_MAX; i++) {
            cluster.inject(new Signal.Unreadable("poison"));
            stand.settle();
            stand.pass(LONG);
        }
        assertThat(cluster.lists).isEqualTo(2);
    }

    @Test
    void duplicatesAreSaidOnce() {
        stand.settle();
        Pod pod = cluster.put("a-0", "uid-1");
        stand.settle();
        cluster.inject(new Signal.Changed(new Item.Read(pod), FakeCluster.version(1), stand.time.instant()));
        assertThat(stand.settle()).isEmpty();
        cluster.delete("uid-1");
        stand.settle();
        cluster.inject(new Signal.Deleted(new Item.Read(pod), FakeCluster.version(2), stand.time.instant()));
        assertThat(stand.settle()).isEmpty();
    }

    @Test
    void aStaleServerBringsNoUidBack() {
        stand.settle();
        Pod pod = cluster.put("a-0", "uid-1");
        stand.settle();
        cluster.delete("uid-1");
        stand.settle();
        cluster.inject(new Signal.Changed(new Item.Read(pod), FakeCluster.version(1), stand.time.instant()));
        assertThat(stand.settle()).isEmpty();
        stand.nextTerm();
        cluster.put("b-0", "uid-2");
        stand.settle();
        cluster.inject(new Signal.Changed(new Item.Read(pod), FakeCluster.version(1), stand.time.instant()));
        assertThat(stand.settle()).isEmpty();
    }

    @Test
    void aNameTakenOverDuringTheCutIsGoneThenAdded() {
        Pod before = cluster.put("a-0", "uid-1");
        stand.settle();
        cluster.delete("uid-1");
        Pod after = cluster.put("a-0", "uid-2");
        relist();
        assertThat(stand.settle())
                .startsWith(
                        new PodEvent.Gone(before, PodEvent.Source.RELIST, stand.time.instant()),
                        added(after, PodEvent.Source.RELIST))
                .hasSize(3);
    }

    @Test
    void aDeletionRequestIsNotTheEnd() {
        cluster.put("a-0", "uid-1");
        stand.settle();
        Pod leaving = cluster.put("a-0", "uid-1", "a", null, stand.time.instant());
        assertThat(stand.settle())
                .containsExactly(new PodEvent.Present(false, leaving, PodEvent.Source.WATCH, stand.time.instant()));
    }

    @Test
    void aMalformedObjectIsCountedAndStopsNoOther() {
        stand.settle();
        cluster.inject(new Signal.Changed(
                new Item.Refused(Optional.empty(), "test"), FakeCluster.version(1), stand.time.instant()));
        Pod next = cluster.put("a-0", "uid-1");
        assertThat(stand.settle()).containsExactly(added(next, PodEvent.Source.WATCH));
        assertThat(stand.count("lawtap.watcher.objects.refused")).isEqualTo(1);
    }

    @Test
    void aMalformedObjectInAListHasNotVanished() {
        Pod known = cluster.put("a-0", "uid-1");
        stand.settle();
        cluster.delete("uid-1");
        cluster.malformed.add(new Item.Refused(Optional.of(new PodUid("uid-1")), "test"));
        relist();
        assertThat(stand.settle())
                .containsExactly(
                        new PodEvent.Listed(FakeCluster.CLUSTER, 1, PodEvent.Source.RELIST, stand.time.instant()));
        assertThat(stand.tracker.pods()).isEqualTo(1);
        cluster.malformed.clear();
        cluster.inject(new Signal.Deleted(
                new Item.Refused(Optional.of(known.ref().uid()), "test"),
                FakeCluster.version(2),
                stand.time.instant()));
        assertThat(stand.settle())
                .containsExactly(new PodEvent.Gone(known, PodEvent.Source.WATCH, stand.time.instant()));
    }

    @Test
    void theNextLeaderSaysOnlyWhatChangedMeanwhile() {
        Pod kept = cluster.put("a-0", "uid-1");
        Pod vanished = cluster.put("b-0", "uid-2");
        stand.settle();
        stand.nextTerm();
        cluster.delete("uid-2");
        assertThat(stand.settle())
                .containsExactly(
                        new PodEvent.Gone(vanished, PodEvent.Source.LIST, stand.time.instant()),
                        new PodEvent.Listed(FakeCluster.CLUSTER, 1, PodEvent.Source.LIST, stand.time.instant()));
        assertThat(stand.tracker.seen(kept, PodEvent.Source.WATCH, stand.time.instant()))
                .isEmpty();
    }

    @Test
    void theLagIsMeasuredFromArrivalToCommit() {
        stand.settle();
        Pod pod = cluster.put("a-0", "uid-1");
        cluster.inject(new Signal.Changed(
                new Item.Read(pod), FakeCluster.version(1), stand.time.instant().minusSeconds(3)));
        stand.settle();
        assertThat(stand.registry.get("lawtap.watcher.publish.lag").timer().max(java.util.concurrent.TimeUnit.SECONDS))
                .isEqualTo(3);
    }

    /** The connection breaks, and what happened since then is no longer in the server's history. */
    private void relist() {
        cluster.inject(new Signal.Failed(new ApiException(410, "too old resource version")));
        cluster.compact();
    }

    private void step() {
        try {
            stand.loop.doWork();
        } catch (PublishException e) {
            throw new AssertionError(e);
        }
    }

    private PodEvent added(Pod pod, PodEvent.Source source) {
        return new PodEvent.Present(true, pod, source, stand.time.instant());
    }

    @Test
    void leavesNoWatchOpenWhenClosed() {
        stand.settle();
        assertThat(cluster.watchesOpen()).isEqualTo(1);
        stand.loop.close();
        assertThat(cluster.watchesOpen()).isZero();
        assertThat(List.copyOf(cluster.watchedFrom)).hasSize(1);
    }
}
