package org.lawtap.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;

class PodTrackerTest {
    private static final ClusterId CLUSTER = new ClusterId("c1");
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final PodEvent.Source WATCH = PodEvent.Source.WATCH;

    private final PodTracker tracker = new PodTracker(CLUSTER);

    @Test
    void saysANewPodOnce() {
        Pod pod = pod("a-0", "uid-1", "1");
        assertThat(tracker.seen(pod, WATCH, NOW)).containsExactly(new PodEvent.Present(true, pod, WATCH, NOW));
        assertThat(tracker.seen(pod, WATCH, NOW)).isEmpty();
    }

    @Test
    void staysSilentWhenOnlyTheResourceVersionMoves() {
        tracker.seen(pod("a-0", "uid-1", "1"), WATCH, NOW);
        assertThat(tracker.seen(pod("a-0", "uid-1", "2"), WATCH, NOW)).isEmpty();
    }

    @Test
    void saysGoneAndAddedWhenANameComesBackWithAnotherUid() {
        Pod before = pod("a-0", "uid-1", "1");
        Pod after = pod("a-0", "uid-2", "2");
        tracker.seen(before, WATCH, NOW);
        assertThat(tracker.seen(after, WATCH, NOW))
                .containsExactly(new PodEvent.Gone(before, WATCH, NOW), new PodEvent.Present(true, after, WATCH, NOW));
    }

    @Test
    void neverLetsAUidReturnFromGone() {
        Pod pod = pod("a-0", "uid-1", "1");
        tracker.seen(pod, WATCH, NOW);
        tracker.vanished(pod, WATCH, NOW);
        assertThat(tracker.seen(pod, WATCH, NOW)).isEmpty();
        assertThat(tracker.vanished(pod, WATCH, NOW)).isEmpty();
    }

    @Test
    void aListSaysWhatVanishedWhileNobodyWatched() {
        Pod vanished = pod("a-0", "uid-1", "1");
        Pod kept = pod("b-0", "uid-2", "1");
        tracker.restore(new PodEvent.Present(true, vanished, WATCH, NOW));
        tracker.restore(new PodEvent.Present(true, kept, WATCH, NOW));
        tracker.beginList();
        assertThat(tracker.listed(kept, PodEvent.Source.LIST, NOW)).isEmpty();
        assertThat(tracker.endList(PodEvent.Source.LIST, NOW))
                .containsExactly(
                        new PodEvent.Gone(vanished, PodEvent.Source.LIST, NOW),
                        new PodEvent.Listed(CLUSTER, 1, PodEvent.Source.LIST, NOW));
    }

    @Test
    void aListThatWasBegunAgainForgetsWhatTheFirstHad() {
        Pod vanished = pod("a-0", "uid-1", "1");
        tracker.beginList();
        tracker.listed(vanished, PodEvent.Source.LIST, NOW);
        tracker.beginList();
        assertThat(tracker.endList(PodEvent.Source.LIST, NOW))
                .startsWith(new PodEvent.Gone(vanished, PodEvent.Source.LIST, NOW));
    }

    @Test
    void aUidThatCannotBeReadFurtherHasNotVanished() {
        Pod pod = pod("a-0", "uid-1", "1");
        tracker.seen(pod, WATCH, NOW);
        tracker.beginList();
        tracker.listed(new PodUid("uid-1"));
        assertThat(tracker.endList(PodEvent.Source.LIST, NOW))
                .containsExactly(new PodEvent.Listed(CLUSTER, 1, PodEvent.Source.LIST, NOW));
    }

    @Test
    void aDeletionRequestIsAnUpdateNotAnEnd() {
        Pod pod = pod("a-0", "uid-1", "1");
        tracker.seen(pod, WATCH, NOW);
        Pod leaving = new Pod(
                pod.ref(), pod.labels(), pod.node(), false, Pod.Phase.RUNNING, List.of(), NOW.plusSeconds(30), "2");
        assertThat(tracker.seen(leaving, WATCH, NOW)).containsExactly(new PodEvent.Present(false, leaving, WATCH, NOW));
    }

    private static Pod pod(String name, String uid, String version) {
        return new Pod(
                new PodRef(CLUSTER, new Namespace("default"), new PodName(name), new PodUid(uid)),
                Map.of("app", "a"),
                new NodeName("n1"),
                false,
                Pod.Phase.RUNNING,
                List.of(),
                null,
                version);
    }
}
