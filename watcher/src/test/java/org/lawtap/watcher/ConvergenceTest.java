package org.lawtap.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.watcher.PodApi.Item;
import org.lawtap.watcher.PodApi.Signal;

/**
 * Random lives of a cluster and of its API server, each from a seed. Whatever happened, after one relist the topic says what the
 * cluster has; no UID ever returned from GONE; no unchanged pod was said twice. A failure names its seed.
 */
class ConvergenceTest {
    private static final int SEEDS = 12_000;
    private static final int STEPS = 40;
    private static final int NAMES = 5;

    @Test
    void theTopicConvergesToTheTruthAfterOneRelist() {
        for (long seed = 0; seed < SEEDS; seed++) {
            run(seed);
        }
    }

    private static void run(long seed) {
        Random random = new Random(seed);
        Stand stand = new Stand();
        stand.cluster.pagePods = 1 + random.nextInt(4);
        List<Pod> everSeen = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            disturb(stand, random, everSeen, step);
            if (random.nextInt(3) == 0) {
                stand.pass(Duration.ofMillis(random.nextInt(200)));
            }
        }
        // One relist: history is gone, the watch is refused, the server behaves from now on.
        stand.cluster.malformed.clear();
        stand.cluster.pageFailures.clear();
        stand.cluster.watchFailures.clear();
        stand.cluster.put("last", "uid-last");
        stand.cluster.compact();
        stand.cluster.inject(new Signal.Failed(new ApiException(410, "too old")));
        for (int i = 0; i < 30; i++) {
            stand.pass(Duration.ofSeconds(11));
        }
        check(seed, stand);
    }

    private static void disturb(Stand stand, Random random, List<Pod> everSeen, int step) {
        FakeCluster cluster = stand.cluster;
        List<Pod> pods = List.copyOf(cluster.pods.values());
        Pod any = pods.isEmpty() ? null : pods.get(random.nextInt(pods.size()));
        switch (random.nextInt(19)) {
            case 0, 1, 2 -> {
                String name = "p-" + random.nextInt(NAMES);
                pods.stream()
                        .filter(pod -> pod.ref().name().value().equals(name))
                        .findFirst()
                        .ifPresent(pod -> cluster.delete(pod.ref().uid().value()));
                everSeen.add(cluster.put(name, "uid-" + step));
            }
            case 3, 4 -> {
                if (any != null) {
                    everSeen.add(cluster.put(
                            any.ref().name().value(),
                            any.ref().uid().value(),
                            "l" + random.nextInt(3),
                            random.nextBoolean() ? Pod.Phase.RUNNING : Pod.Phase.FAILED,
                            random.nextInt(4) == 0 ? stand.time.instant() : any.deletionRequestedAt()));
                }
            }
            case 5, 6 -> {
                if (any != null) {
                    cluster.delete(any.ref().uid().value());
                }
            }
            case 7 -> cluster.inject(new Signal.Dropped("reset"));
            case 8 -> cluster.inject(new Signal.Ended());
            case 9 -> cluster.endWatch();
            case 10 -> cluster.compact();
            case 11 -> {
                cluster.hang();
                stand.pass(Duration.ofSeconds(41));
            }
            case 12 -> cluster.bookmark();
            case 13 -> cluster.pageFailures.add(new ApiException(random.nextBoolean() ? 410 : 500, "test"));
            case 14 -> cluster.watchFailures.add(new ApiException(random.nextBoolean() ? 410 : 429, "test"));
            case 15 -> cluster.inject(new Signal.Unreadable("test"));
            case 16 -> stand.nextTerm();
            case 17 -> {
                // Told twice, late, and by a server that is behind: an old state of a pod that lives or is gone. It is
                // one
                // that was said before, as no server goes back behind the version that a watch was begun from.
                if (!everSeen.isEmpty()) {
                    Pod old = everSeen.get(random.nextInt(everSeen.size()));
                    boolean said = stand.topic.said.stream()
                            .anyMatch(event -> event.key().equals(old.ref().key()));
                    if (!said) {
                        return;
                    }
                    cluster.inject(new Signal.Changed(new Item.Read(old), "", stand.time.instant()));
                }
            }
            case 18 -> {
                if (any != null) {
                    cluster.malformed.add(new Item.Refused(Optional.of(any.ref().uid()), "test"));
                }
                cluster.inject(
                        new Signal.Changed(new Item.Refused(Optional.empty(), "test"), "", stand.time.instant()));
            }
            default -> throw new AssertionError();
        }
    }

    private static void check(long seed, Stand stand) {
        Map<PodUid, Pod> present = new HashMap<>();
        Set<PodUid> gone = new HashSet<>();
        for (PodEvent event : stand.topic.said) {
            switch (event) {
                case PodEvent.Present said -> {
                    PodUid uid = said.pod().ref().uid();
                    Pod before = present.put(uid, meaning(said.pod()));
                    assertThat(gone).as("seed %s: a UID returned", seed).doesNotContain(uid);
                    assertThat(meaning(said.pod()))
                            .as("seed %s: an unchanged pod was said twice", seed)
                            .isNotEqualTo(before);
                    assertThat(said.added()).as("seed %s", seed).isEqualTo(before == null);
                }
                case PodEvent.Gone said -> {
                    present.remove(said.pod().ref().uid());
                    assertThat(gone.add(said.pod().ref().uid()))
                            .as("seed %s: GONE twice", seed)
                            .isTrue();
                }
                case PodEvent.Listed ignored -> {}
            }
        }
        Map<PodUid, Pod> truth = new HashMap<>();
        stand.cluster.pods.forEach((uid, pod) -> truth.put(uid, meaning(pod)));
        assertThat(present).as("seed %s", seed).isEqualTo(truth);
    }

    private static Pod meaning(Pod pod) {
        return new Pod(
                pod.ref(),
                pod.labels(),
                pod.node(),
                pod.hostNetwork(),
                pod.phase(),
                pod.addresses(),
                pod.deletionRequestedAt(),
                "");
    }
}
