package org.lawtap.warrants.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;

class CaptureStatesTest {
    private static final PodUid POD = new PodUid("0a1b2c3d-1111-2222-3333-444455556666");
    private static final WarrantId WARRANT = WarrantId.random();
    private static final SessionId FIRST = SessionId.random();
    private static final SessionId SECOND = SessionId.random();
    private static final Instant NOW = Instant.parse("2026-11-24T00:00:00Z");

    private final CaptureStates states = new CaptureStates();

    @Test
    void tellsWhyACaptureWasRefused() {
        say(CustodyAction.CAPTURE_COMMANDED, null, Map.of("pod", "web-1", "node", "n1"));
        say(CustodyAction.CAPTURE_REFUSED, null, Map.of("node", "n1", "reason", "HOST_NETWORK: shared"));
        assertThat(state().state()).isEqualTo("REFUSED");
        assertThat(state().why()).isEqualTo("HOST_NETWORK: shared");
        assertThat(state().pod()).isEqualTo("web-1");
        assertThat(state().node()).isEqualTo("n1");
    }

    @Test
    void followsAPodFromCommandToEnd() {
        say(CustodyAction.CAPTURE_COMMANDED, null, Map.of("pod", "web-1", "node", "n1"));
        assertThat(state().state()).isEqualTo("COMMANDED");
        say(CustodyAction.SESSION_OPENED, FIRST, Map.of("missedBeforeArm", "3"));
        assertThat(state().state()).isEqualTo("CAPTURING");
        assertThat(state().why()).isEqualTo("3 packets before it");
        say(CustodyAction.TAP_DEGRADED, FIRST, Map.of("packetsNotSeen", "10"));
        assertThat(state().state()).isEqualTo("CAPTURING, DEGRADED");
        say(CustodyAction.CAPTURE_STOPPED, null, Map.of("reason", "POD_GONE"));
        assertThat(state().state()).isEqualTo("CAPTURING, DEGRADED");
        say(CustodyAction.SESSION_CLOSED, FIRST, Map.of("reason", "POD_GONE"));
        assertThat(state().state()).isEqualTo("ENDED");
        assertThat(state().why()).isEqualTo("POD_GONE");
    }

    @Test
    void capturesUntilTheLastInterfaceHasEnded() {
        say(CustodyAction.SESSION_OPENED, FIRST, Map.of());
        say(CustodyAction.SESSION_OPENED, SECOND, Map.of());
        say(CustodyAction.SESSION_CLOSED, FIRST, Map.of("reason", "INTERFACE_REMOVED"));
        assertThat(state().state()).isEqualTo("CAPTURING");
        say(CustodyAction.SESSION_CLOSED, SECOND, Map.of("reason", "POD_GONE"));
        assertThat(state().state()).isEqualTo("ENDED");
    }

    @Test
    void endsACaptureThatNeverBegan() {
        say(CustodyAction.CAPTURE_COMMANDED, null, Map.of());
        say(CustodyAction.CAPTURE_WAITS, null, Map.of());
        assertThat(state().state()).isEqualTo("WAITING");
        say(CustodyAction.CAPTURE_STOPPED, null, Map.of("reason", "POD_GONE"));
        assertThat(state().state()).isEqualTo("ENDED");
    }

    @Test
    void namesADeviceThatIsNotCoveredBesideTheState() {
        say(CustodyAction.SESSION_OPENED, FIRST, Map.of("missedBeforeArm", "0"));
        say(CustodyAction.INTERFACE_NOT_COVERED, null, Map.of("podSideInterface", "net1"));
        assertThat(state().state()).isEqualTo("CAPTURING");
        assertThat(state().why()).contains("net1");
    }

    private void say(CustodyAction action, @Nullable SessionId session, Map<String, String> details) {
        states.accept(new CustodyEvent(UUID.randomUUID(), NOW, "test", action, WARRANT, session, POD, "text", details));
    }

    private CaptureStates.State state() {
        CaptureStates.State state = states.states().get(POD);
        if (state == null) {
            throw new AssertionError("nothing is known of the pod");
        }
        return state;
    }
}
