package org.lawtap.deploy.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.pod.CaptureFile;
import org.lawtap.deploy.pod.PodCounters;
import org.lawtap.deploy.pod.PodException;
import org.lawtap.deploy.pod.PodProcess;
import org.lawtap.deploy.sandbox.PodSpec;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.deploy.sandbox.SandboxPod;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.Warrant;

/** One target pod sends every frame of a capture file out of its own interface, under a warrant that is revoked at the end. */
final class ReplayScene {
    private static final String TARGET = "replay";
    private static final String BYSTANDER = "shop";
    private static final int FRAMES_PER_SECOND = 20_000;
    private static final int WARRANT_SECONDS = 24 * 3600;
    private static final int ETHERNET_HEADER_BYTES = 14;
    private static final Duration ANSWER = Duration.ofSeconds(60);

    private final Stage stage;
    private final Story story;
    private final Path file;
    private final CaptureFile.Survey survey;
    private final Application applications;
    private final int mtu;
    private PodProcess.@Nullable Replayed replayed;
    private @Nullable Life life;

    ReplayScene(Stage stage, Story story, Path file, CaptureFile.Survey survey) {
        this.stage = stage;
        this.story = story;
        this.file = file;
        this.survey = survey;
        this.applications = new Application(stage);
        this.mtu = Math.clamp(survey.longestFrame() - ETHERNET_HEADER_BYTES, PodSpec.MTU_DEFAULT, PodSpec.MTU_MAX);
    }

    /** Plays it; returns the warrant. */
    Warrant play() throws DemoException, SandboxException, PodException, InterruptedException {
        NodeName node = stage.cluster().nodes().getFirst();
        SandboxPod shopOne = applications.run(BYSTANDER, BYSTANDER + "-5d9f7b6c4-2lmwv", node, PodSpec.MTU_DEFAULT);
        SandboxPod shopTwo = applications.run(
                BYSTANDER,
                BYSTANDER + "-5d9f7b6c4-9ptzs",
                stage.cluster().nodes().get(1),
                PodSpec.MTU_DEFAULT);
        shopOne.process().talk(shopTwo.address(), 100);
        Warrant warrant = Scene.warrant(stage, TARGET, WARRANT_SECONDS, Warrant.Scope.CONTENT);
        Scene.activate(stage, story, warrant);

        SandboxPod pod = applications.run(TARGET, TARGET + "-7f8d9c5b6-k4jwn", node, mtu);
        story.tell("New pod: " + pod.spec().name() + " on node " + node + " -> " + pod.address() + ", MTU " + mtu);
        stage.custody()
                .await("the start of the capture", 1, ANSWER, event -> event.action() == CustodyAction.SESSION_OPENED);
        story.tell("it sends the " + survey.frames() + " frames of " + file);
        PodProcess.Replayed done = pod.process()
                .replay(
                        file,
                        FRAMES_PER_SECOND,
                        (frames, total) -> story.progress(frames + " of " + total + " frames"));
        replayed = done;
        story.tell(done.sent() + " frames sent, " + done.skipped() + " could not be sent");
        for (PodProcess.SkippedFrame frame : done.named().stream().limit(10).toList()) {
            story.tell(
                    "  frame " + frame.number() + " of " + frame.length() + " bytes was not sent: " + frame.reason());
        }
        if (done.skipped() > 10) {
            story.tell("  ... all of them are named in summary.json");
        }
        PodCounters last = applications.delete(pod);
        life = new Life(pod, null, null, last, last);
        stage.custody()
                .await("the end of the session", 1, ANSWER, event -> event.action() == CustodyAction.SESSION_CLOSED);
        Order.Revocation revocation = new Order.Revocation(
                warrant.id(), 1, "Demo Court", Instant.now().truncatedTo(ChronoUnit.MILLIS), "the replay is over");
        stage.publish(revocation, stage.sign(revocation, 1));
        stage.custody().await("the revocation", 1, ANSWER, event -> event.action() == CustodyAction.WARRANT_REVOKED);
        stage.custody()
                .await("the filing of the session", 1, ANSWER, event -> event.action() == CustodyAction.SESSION_FILED);
        return warrant;
    }

    List<Life> lives() {
        return List.of(java.util.Objects.requireNonNull(life));
    }

    /** Compares the evidence with the file. */
    ReplayResult compare(List<SessionAccount> accounts, List<EvidenceFile> evidence) throws DemoException {
        return ReplayResult.compare(
                file,
                mtu,
                java.util.Objects.requireNonNull(replayed),
                evidence,
                accounts.getFirst().podAddress());
    }
}
