package org.lawtap.deploy.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.pod.CaptureFile;
import org.lawtap.deploy.pod.CaptureFileException;
import org.lawtap.deploy.pod.PodException;
import org.lawtap.deploy.sandbox.Claim;
import org.lawtap.deploy.sandbox.Leftovers;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.order.Warrant;

/** The whole demo: checks that it can begin, puts the stage up, plays a scene, compares evidence with truth, says what it found. */
public final class Demo {
    private static final long FREE_BYTES_MIN = 512L << 20;
    private static final String MIB = " MiB";
    private static final Duration SEAL_TIMEOUT = Duration.ofSeconds(90);

    private final Options options;
    private final Story story;
    private final PrintStream out;

    /** What the user asked for. @param replay a capture file, or none for the scene's own traffic */
    public record Options(
            Path directory, Optional<Path> replay, boolean pcap4j, int warrantSeconds, Warrant.Scope scope) {}

    public Demo(Options options, PrintStream out, boolean terminal) {
        this.options = options;
        this.out = out;
        this.story = new Story(out, terminal);
    }

    /** Runs it; returns whether the files hold every packet of the target's pods and none of a bystander. */
    public boolean run() throws DemoException, InterruptedException {
        CaptureFile.Survey survey = preflight();
        try {
            for (Leftovers.Removed left : Leftovers.clean(Claim.DIRECTORY)) {
                story.tell("removed what an earlier demo left behind: " + String.join(", ", left.removed()));
                left.stayed().forEach(what -> story.tell("could not be removed: " + what));
            }
            return play(survey);
        } catch (SandboxException | PodException e) {
            throw new DemoException(String.valueOf(e.getMessage()), e);
        }
    }

    private boolean play(CaptureFile.@Nullable Survey survey)
            throws DemoException, SandboxException, PodException, InterruptedException {
        Stage.Engine engine = options.pcap4j() ? Stage.Engine.PCAP4J : Stage.Engine.RING;
        try (Stage stage = Stage.put(options.directory(), engine, story, this::tell)) {
            Warrant warrant;
            List<Life> lives;
            ReplayScene replayScene = null;
            if (survey == null) {
                Scene scene = new Scene(stage, story, options.warrantSeconds(), options.scope());
                warrant = scene.play();
                lives = scene.lives();
            } else {
                replayScene = new ReplayScene(stage, story, options.replay().orElseThrow(), survey);
                warrant = replayScene.play();
                lives = replayScene.lives();
            }
            stage.check();
            story.tell("waiting for the seal");
            stage.custody()
                    .await(
                            "the seal of the warrant",
                            1,
                            SEAL_TIMEOUT,
                            event -> event.action() == CustodyAction.WARRANT_SEALED);
            stage.publishNodeKeys();
            List<SessionAccount> accounts = SessionAccount.read(stage.kafka(), warrant.id());
            List<EvidenceFile> files = EvidenceFile.of(options.directory().resolve("evidence"), warrant.id());
            Verdict verdict = Verdict.of(accounts, lives, files, replayScene == null);
            ReplayResult replay = replayScene == null ? null : replayScene.compare(accounts, files);
            Path summary = options.directory().resolve("summary.json");
            Summary.write(summary, warrant, verdict, replay);
            new Report(out).print(options.directory(), warrant, verdict, replay);
            return verdict.problems().isEmpty() && (replay == null || replay.identical());
        }
    }

    /** Everything that can be known to fail before anything is made. */
    private CaptureFile.@Nullable Survey preflight() throws DemoException {
        if (!"root".equals(System.getProperty("user.name"))) {
            throw new DemoException(
                    "the demo makes network namespaces and must run as root; try: sudo ./lawtap demo ...");
        }
        CaptureFile.Survey survey = null;
        if (options.replay().isPresent()) {
            try {
                survey = CaptureFile.survey(options.replay().get());
            } catch (CaptureFileException e) {
                throw new DemoException(String.valueOf(e.getMessage()), e);
            }
        }
        Path directory = options.directory();
        try {
            if (Files.exists(directory)) {
                if (!Files.isDirectory(directory)) {
                    throw new DemoException(directory + " is not a directory");
                }
                try (DirectoryStream<Path> content = Files.newDirectoryStream(directory)) {
                    if (content.iterator().hasNext()) {
                        throw new DemoException(
                                directory + " is not empty; name a new directory, evidence is never mixed");
                    }
                }
            }
            Files.createDirectories(directory);
            long free = Files.getFileStore(directory).getUsableSpace();
            if (free < FREE_BYTES_MIN) {
                throw new DemoException(directory + " has " + (free >> 20) + MIB + " free and the demo needs "
                        + (FREE_BYTES_MIN >> 20) + MIB);
            }
        } catch (IOException e) {
            throw new DemoException(directory + " can't be used: " + e.getMessage(), e);
        }
        return survey;
    }

    /** The paper's transcript, from custody. */
    private void tell(CustodyEvent event) {
        Map<String, String> details = event.details();
        String node = details.getOrDefault("node", "?");
        String pod = details.getOrDefault("pod", "?");
        switch (event.action()) {
            case WARRANT_ACCEPTED,
                    WARRANT_REFUSED,
                    WARRANT_REVOKED,
                    WARRANT_ENDED,
                    WARRANT_HELD,
                    WARRANT_RELEASED,
                    DESTRUCTION_ORDERED,
                    WARRANT_DESTROYED -> story.tell(event.text());
            case CAPTURE_COMMANDED ->
                story.tell("Change detected - adapt capture process: START " + pod + " on node " + node);
            case CAPTURE_STOPPED ->
                story.tell("Change detected - adapt capture process: STOP on node " + node + ", "
                        + details.getOrDefault("reason", "?"));
            case SESSION_OPENED ->
                story.tell("Creating capture process at node " + node + ": " + pod + " is behind "
                        + details.get("interface")
                        + " (" + details.get("kind") + " " + details.get("interfaceIndex") + " <-> "
                        + details.get("podSideInterface") + "), " + details.get("missedBeforeArm")
                        + " packets before it");
            case SESSION_CLOSED ->
                story.tell("Capture process at node " + node + " ended: " + details.get("reason") + ", "
                        + details.get("delivered") + " packets, " + details.get("kernelDrop") + " lost");
            case WARRANT_SEALED -> story.tell("the evidence is sealed: " + details.get("seal"));
            case SESSION_FILED -> story.tell("filed: " + details.get("packets") + " packets in " + details.get("file"));
            case CAPTURE_REFUSED,
                    CAPTURE_WAITS,
                    INTERFACE_NOT_COVERED,
                    TAP_DEGRADED,
                    GAP,
                    SPILL_BEGUN,
                    SPILL_FULL,
                    SPILL_DRAINED,
                    SPILL_RECOVERED,
                    SPILL_DAMAGED,
                    RECORD_NOT_STORED,
                    DELIVERY_KEY_MISSING,
                    DESTRUCTION_REFUSED,
                    INTEGRITY,
                    RECORD_LATE,
                    CONTENT_ACCESSED,
                    SEAL_DELAYED,
                    EVIDENCE_MISMATCH,
                    RECORD_REFUSED,
                    OTHER -> story.tell("! " + event.text());
            // Of one broker, as the demo has it, nothing else can be told.
            case KAFKA_UNSAFE -> {}
        }
    }
}
