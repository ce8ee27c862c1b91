package org.lawtap.deploy.demo;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.pod.PodCounters;
import org.lawtap.deploy.pod.PodException;
import org.lawtap.deploy.sandbox.PodSpec;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.deploy.sandbox.SandboxPod;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.Warrant;

/**
 * The paper's scene: {@code nginx1} on two nodes among bystanders, intercepted under a warrant while it scales, loses a pod and
 * restarts one. Traffic rests for a moment when the warrant takes effect and when it ends, so that the pods' own counters can
 * be read to the packet; all changes in between happen under traffic.
 */
final class Scene {
    static final String TARGET = "nginx1";

    private static final String BYSTANDER = "shop";
    private static final int RATE = 200;
    private static final int WARRANT_SECONDS_MIN = 20;
    private static final Duration ANSWER = Duration.ofSeconds(60);

    private final Stage stage;
    private final Story story;
    private final Application applications;
    private final int warrantSeconds;
    private final Warrant.Scope scope;
    private final NodeName n1;
    private final NodeName n2;
    private final Map<PodUid, PodCounters> beforeWarrant = new LinkedHashMap<>();
    private final Map<PodUid, PodCounters> whenCaptured = new LinkedHashMap<>();
    private final List<Life> lives = new ArrayList<>();

    Scene(Stage stage, Story story, int warrantSeconds, Warrant.Scope scope) {
        this.scope = scope;
        this.stage = stage;
        this.story = story;
        this.applications = new Application(stage);
        this.warrantSeconds = Math.max(WARRANT_SECONDS_MIN, warrantSeconds);
        this.n1 = stage.cluster().nodes().get(0);
        this.n2 = stage.cluster().nodes().get(1);
    }

    /** Plays it; returns the warrant. */
    Warrant play() throws DemoException, SandboxException, PodException, InterruptedException {
        SandboxPod first = run(TARGET, TARGET + "-6c46465cc6-dgfmp", n1);
        SandboxPod second = run(TARGET, TARGET + "-6c46465cc6-x7k2q", n2);
        SandboxPod shopOne = run(BYSTANDER, BYSTANDER + "-5d9f7b6c4-2lmwv", n1);
        SandboxPod shopTwo = run(BYSTANDER, BYSTANDER + "-5d9f7b6c4-9ptzs", n2);
        talk(shopOne, first);
        talk(shopTwo, second);
        talk(first, second);
        talk(second, shopOne);
        talk(shopOne, shopTwo);
        talk(shopTwo, shopOne);
        story.tell("all exchange HTTP and UDP; nobody is intercepted");
        pass(2);

        rest();
        for (SandboxPod pod : List.of(first, second)) {
            beforeWarrant.put(pod.spec().uid(), counters(pod));
        }
        Warrant warrant = warrant(stage, TARGET, warrantSeconds, scope);
        activate(stage, story, warrant);
        awaitSessions(2);
        for (SandboxPod pod : List.of(first, second)) {
            whenCaptured.put(pod.spec().uid(), counters(pod));
        }
        resume();
        story.tell("start monitoring...");
        pass(3);

        SandboxPod third = run(TARGET, TARGET + "-6c46465cc6-q8z4h", n2);
        talk(third, shopOne);
        talk(shopTwo, third);
        talk(first, third);
        awaitSessions(3);
        pass(2);

        story.tell("pod " + second.spec().name() + " on node " + n2 + " is deleted");
        hush(List.of(shopTwo, first), second);
        PodCounters last = applications.delete(second);
        end(second, last, last);
        pass(2);

        story.tell(
                "pod " + first.spec().name() + " on node " + n1 + " loses its sandbox and restarts with the same UID");
        hush(List.of(shopOne), first);
        last = applications.restart(first);
        end(first, last, last);
        SandboxPod again = stage.cluster().pod(first.spec().uid());
        talk(shopOne, again);
        talk(again, third);
        awaitSessions(4);
        pass(3);

        story.tell("waiting for the warrant's end at " + warrant.notAfter());
        Instant restAt = warrant.notAfter().minusSeconds(2);
        while (Instant.now().isBefore(restAt)) {
            pass(1);
        }
        rest();
        Map<PodUid, PodCounters> beforeEnd = new LinkedHashMap<>();
        for (SandboxPod pod : List.of(third, again)) {
            beforeEnd.put(pod.spec().uid(), counters(pod));
        }
        stage.custody()
                .await(
                        "the end of the last sessions",
                        4,
                        ANSWER,
                        event -> event.action() == CustodyAction.SESSION_CLOSED);
        for (SandboxPod pod : List.of(third, again)) {
            lives.add(life(
                    pod,
                    java.util.Objects.requireNonNull(beforeEnd.get(pod.spec().uid())),
                    counters(pod)));
        }
        resume();
        story.tell("traffic goes on after the warrant's end; nothing of it may be kept");
        pass(2);
        stage.custody()
                .await("the filing of all sessions", 4, ANSWER, event -> event.action() == CustodyAction.SESSION_FILED);
        return warrant;
    }

    /** The truth about each life of a target pod, in the order in which they ended. */
    List<Life> lives() {
        return List.copyOf(lives);
    }

    static Warrant warrant(Stage stage, String application, int seconds, Warrant.Scope scope) throws DemoException {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        return stage.delivered(new Warrant(
                WarrantId.random(),
                1,
                "Demo Court",
                "DEMO-1",
                new Target(Stage.CLUSTER, Application.NAMESPACE, Map.of("app", application)),
                now,
                now.plusSeconds(seconds),
                scope,
                null,
                "Demo Agency",
                1));
    }

    static void activate(Stage stage, Story story, Warrant warrant) throws DemoException, InterruptedException {
        story.tell("warrant " + warrant.id() + " drafted for app="
                + warrant.target().labels().get("app") + ", until " + warrant.notAfter());
        SignedOrder signed = stage.sign(warrant, 2);
        story.tell("approved by Judge Demo and Prosecutor Demo; activated");
        stage.publish(warrant, signed);
        stage.custody().await("the acceptance of the warrant", 1, ANSWER, event -> {
            return warrant.id().equals(event.warrant())
                    && (event.action() == CustodyAction.WARRANT_ACCEPTED
                            || event.action() == CustodyAction.WARRANT_REFUSED);
        });
    }

    private SandboxPod run(String application, String name, NodeName node) throws SandboxException, PodException {
        SandboxPod pod = applications.run(application, name, node, PodSpec.MTU_DEFAULT);
        story.tell("New pod: " + name + " on node " + node + " -> " + pod.address());
        return pod;
    }

    private static void talk(SandboxPod from, SandboxPod to) throws PodException {
        from.process().talk(to.address(), RATE);
    }

    private static void hush(List<SandboxPod> talkers, SandboxPod peer) throws PodException {
        for (SandboxPod talker : talkers) {
            talker.process().hush(peer.address());
        }
    }

    private void rest() throws PodException {
        for (SandboxPod pod : stage.cluster().pods()) {
            pod.process().rest();
        }
    }

    private void resume() throws PodException {
        for (SandboxPod pod : stage.cluster().pods()) {
            pod.process().resume();
        }
    }

    private PodCounters counters(SandboxPod pod) throws SandboxException {
        return stage.cluster().counters(pod.spec().uid());
    }

    private void awaitSessions(int count) throws DemoException, InterruptedException {
        stage.custody()
                .await(
                        "the start of capture " + count,
                        count,
                        ANSWER,
                        event -> event.action() == CustodyAction.SESSION_OPENED);
    }

    private void end(SandboxPod pod, PodCounters least, PodCounters most) {
        lives.add(life(pod, least, most));
        beforeWarrant.remove(pod.spec().uid());
        whenCaptured.remove(pod.spec().uid());
    }

    private Life life(SandboxPod pod, PodCounters least, PodCounters most) {
        return new Life(
                pod,
                beforeWarrant.get(pod.spec().uid()),
                whenCaptured.get(pod.spec().uid()),
                least,
                most);
    }

    /** Lets time pass for whoever watches, and shows how much the target's pods exchange. */
    private void pass(int seconds) throws DemoException, SandboxException, InterruptedException {
        for (int i = 0; i < seconds; i++) {
            Thread.sleep(1000);
            stage.check();
            long packets = 0;
            for (SandboxPod pod : stage.cluster().pods()) {
                if (TARGET.equals(pod.spec().labels().get("app"))) {
                    packets += counters(pod).packets();
                }
            }
            story.progress(packets + " packets at the target's living pods so far");
        }
    }
}
