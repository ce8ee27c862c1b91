package org.lawtap.worker.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.worker.identity.PodDevices;
import org.lawtap.worker.kernel.Links.TrafficControl;

class BlindnessTest {
    private static final Instant NOW = Instant.parse("2026-11-24T00:00:00Z");

    private final Blindness blindness = new Blindness(host(100, 50), pod(50, 100), TrafficControl.NONE);

    @Test
    void hasNoNewsWhileAllCountersAgree() {
        look(pod(60, 110), host(110, 60), false, TrafficControl.NONE, 20);
        look(pod(70, 120), host(120, 70), false, TrafficControl.NONE, 40);
        assertThat(blindness.takeNews(NOW)).isNull();
        assertThat(blindness.unseenByTap()).isZero();
        assertThat(blindness.unseenByInterface()).isZero();
    }

    @Test
    void tellsWhatReachedThePodPastItsInterface() {
        look(pod(57, 100), host(100, 50), false, TrafficControl.NONE, 0);
        assertThat(blindness.unseenByInterface()).isEqualTo(7);
        assertThat(news(NOW)).contains("DEGRADED", "bpf_redirect_peer");
    }

    @Test
    void tellsWhatTheInterfaceCountedAndTheTapDidNotOneLookLater() {
        look(null, host(110, 50), false, TrafficControl.NONE, 4);
        assertThat(blindness.unseenByTap()).isZero();
        look(null, host(110, 50), false, TrafficControl.NONE, 4);
        assertThat(blindness.unseenByTap()).isEqualTo(6);
        assertThat(news(NOW)).contains("DEGRADED");
    }

    @Test
    void takesATapThatOnlyLagsForWhole() {
        look(null, host(110, 50), false, TrafficControl.NONE, 4);
        look(null, host(130, 50), false, TrafficControl.NONE, 12);
        look(null, host(140, 50), false, TrafficControl.NONE, 33);
        assertThat(blindness.takeNews(NOW)).isNull();
    }

    @Test
    void comparesNothingWithATapThatAFilterNarrows() {
        look(null, host(110, 50), false, TrafficControl.NONE, -1);
        look(null, host(110, 50), false, TrafficControl.NONE, -1);
        assertThat(blindness.takeNews(NOW)).isNull();
    }

    @Test
    void tellsOfAnXdpProgramBeforeItTookAPacket() {
        look(pod(50, 100), host(100, 50), true, TrafficControl.NONE, 0);
        assertThat(news(NOW)).contains("XDP");
    }

    @Test
    void tellsWhatTrafficControlDropsOnlyIfItFiltersTowardsThePod() {
        look(null, host(100, 50), false, new TrafficControl(5, true, false), 0);
        assertThat(blindness.takeNews(NOW)).isNull();
        look(null, host(100, 50), false, new TrafficControl(8, true, true), 0);
        Blindness.Degradation degradation = blindness.takeNews(NOW);
        assertThat(degradation).isNotNull();
        if (degradation != null) {
            assertThat(degradation.details())
                    .containsEntry("droppedByTrafficControl", "8")
                    .containsEntry("packetsNotSeenAtMost", "8");
        }
    }

    @Test
    void bearsTheWrapOfTheTrafficControlsCounter() {
        Blindness near = new Blindness(host(0, 0), null, new TrafficControl(0xffff_fffeL, false, true));
        near.look(new Blindness.Look(null, host(0, 0), false, new TrafficControl(1, false, true), 0));
        Blindness.Degradation degradation = near.takeNews(NOW);
        assertThat(degradation).isNotNull();
        if (degradation != null) {
            assertThat(degradation.details()).containsEntry("packetsNotSeen", "3");
        }
    }

    @Test
    void repeatsItselfOnlyWhenTheNumberGrowsAndNotTooOften() {
        look(pod(51, 100), host(100, 50), false, TrafficControl.NONE, 0);
        assertThat(blindness.takeNews(NOW)).isNotNull();
        assertThat(blindness.takeNews(NOW.plus(Blindness.TELL_INTERVAL))).isNull();
        look(pod(52, 100), host(100, 50), false, TrafficControl.NONE, 0);
        assertThat(blindness.takeNews(NOW.plusSeconds(1))).isNull();
        assertThat(blindness.takeNews(NOW.plus(Blindness.TELL_INTERVAL))).isNotNull();
    }

    private void look(
            PodDevices.@Nullable Counters pod,
            InterfaceCounters host,
            boolean xdp,
            TrafficControl traffic,
            long tapped) {
        blindness.look(new Blindness.Look(pod, host, xdp, traffic, tapped));
    }

    private String news(Instant now) {
        Blindness.Degradation degradation = blindness.takeNews(now);
        return degradation == null ? "" : degradation.text();
    }

    private static PodDevices.Counters pod(long received, long sent) {
        return new PodDevices.Counters(received, sent);
    }

    private static InterfaceCounters host(long fromPod, long toPod) {
        return new InterfaceCounters(fromPod, toPod, 0, 0, 0, 0);
    }
}
