package org.lawtap.deploy.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.bench.BenchException;
import org.lawtap.deploy.bench.Pace;
import org.lawtap.deploy.pod.PodException;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Warrant;

/** One run: faults by a plan, then quiet, then the checker. */
final class FaultRun {
    private static final String FIRST_TARGET = "alpha";
    private static final String SECOND_TARGET = "beta";
    private static final String TARGET_POD = "alpha-1";
    private static final String SECOND_POD = "beta-1";
    private static final String BYSTANDER = "shop-1";
    private static final String OTHER_BYSTANDER = "shop-2";

    /** From the last fault to the warrants' end: for what was killed to come back and for captures to go on. */
    private static final Duration QUIET = Duration.ofMinutes(1);

    /** A system without faults for so long has done what it was told before. */
    private static final Duration CALM = Duration.ofSeconds(15);

    private static final Duration WORKING = Duration.ofSeconds(90);
    private static final Duration SEALED = Duration.ofMinutes(4);
    private static final Duration FIRST_SESSIONS = Duration.ofMinutes(1);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Plan plan;
    private final Consumer<String> progress;
    private final Path directory;
    private final Optional<Path> secondVerifier;

    /** Orders as they stand, by when they were acknowledged. */
    private final AtomicReference<@Nullable Warrant> third = new AtomicReference<>();

    private final AtomicReference<@Nullable Warrant> amended = new AtomicReference<>();
    private final AtomicReference<@Nullable Instant> revoked = new AtomicReference<>();

    /** What came of it. @param endedByThemselves processes by party @param stated what custody told of, by action */
    record Outcome(
            Plan plan,
            Checker.Verdict verdict,
            List<Happened> happened,
            Map<Party, Integer> endedByThemselves,
            Map<CustodyAction, Long> stated,
            int sessions,
            int cutOff,
            List<String> verifiers) {
        boolean clean() {
            return verdict.problems().isEmpty();
        }
    }

    FaultRun(Plan plan, Path directory, Optional<Path> secondVerifier, Consumer<String> progress) {
        this.secondVerifier = secondVerifier;
        this.plan = plan;
        this.directory = directory;
        this.progress = progress;
    }

    Outcome play() throws BenchException, InterruptedException {
        try (FaultStage stage = FaultStage.put(directory, progress)) {
            boolean clean = false;
            try {
                Outcome outcome = play(stage);
                clean = outcome.clean();
                return outcome;
            } finally {
                if (!clean) {
                    keep(stage.evidence());
                }
            }
        } catch (SandboxException | PodException e) {
            throw new BenchException(String.valueOf(e.getMessage()), e);
        }
    }

    /** The evidence stands in memory: whoever looks into what went wrong finds a copy. */
    private void keep(Path evidence) throws BenchException {
        Path copy = directory.resolve("kept");
        try (Stream<Path> walk = Files.walk(evidence)) {
            for (Path each : walk.toList()) {
                Files.copy(each, copy.resolve(evidence.relativize(each).toString()));
            }
        } catch (IOException | UncheckedIOException e) {
            throw new BenchException("the evidence could not be copied to " + copy + ": " + e.getMessage(), e);
        }
    }

    private Outcome play(FaultStage stage) throws BenchException, SandboxException, PodException, InterruptedException {
        Population pods = new Population(stage.cluster(), stage.api(), stage.node());
        pods.come(BYSTANDER, "shop", "");
        pods.come(OTHER_BYSTANDER, "shop", BYSTANDER);
        pods.come(TARGET_POD, FIRST_TARGET, BYSTANDER);
        pods.come(SECOND_POD, SECOND_TARGET, OTHER_BYSTANDER);
        Duration length = Duration.ofMillis(plan.endMs()).plus(QUIET);
        Instant provisionally = Instant.now().plus(length).plus(Duration.ofMinutes(10));
        Warrant first = stage.authority().draft(labels(FIRST_TARGET), provisionally, true);
        Warrant second = stage.authority().draft(labels(SECOND_TARGET), provisionally, false);
        Evidence evidence = new Evidence(
                stage.evidence(),
                stage.keys(),
                directory.resolve("work"),
                stage.authority().deliveryKeys(),
                stage.kafka(),
                secondVerifier);
        stage.authority().publish(stage.kafka(), first);
        stage.authority().publish(stage.kafka(), second);
        awaitSessions(evidence, List.of(first, second));
        progress.accept("two warrants capture; " + plan.faults().size() + " faults come in "
                + Duration.ofMillis(plan.endMs()).toSeconds() + " s");
        List<Happened> happened;
        Instant end = Instant.now().plus(length);
        try (Nemesis nemesis = new Nemesis(stage, progress)) {
            nemesis.begin(plan);
            Instant begin = Instant.now();
            nemesis.later(() -> act(stage, pods, first, second, begin, end));
            while (Instant.now().isBefore(begin.plusMillis(plan.endMs()))) {
                nemesis.check();
                Pace.pass(LOOK);
            }
            nemesis.await();
            progress.accept("quiet: no more faults");
            for (Party party : Party.values()) {
                stage.awaitWorking(party, WORKING);
            }
            Warrant last = amended.get();
            if (last == null) {
                throw new BenchException("the warrant was not amended");
            }
            Pace.pass(Duration.between(Instant.now(), last.notAfter().plusSeconds(3)));
            nemesis.check();
            happened = nemesis.happened();
            Set<Truth.Capture> standing = standing(pods, first);
            pods.end();
            Truth truth = truth(pods, first, second, happened, standing);
            progress.accept("the warrants are over; waiting for their seals");
            awaitSeals(evidence, truth.windows().keySet());
            return outcome(stage, evidence, truth, happened);
        }
    }

    private Outcome outcome(FaultStage stage, Evidence evidence, Truth truth, List<Happened> happened)
            throws BenchException, InterruptedException {
        progress.accept("all is sealed; checking");
        stage.publishKeys();
        List<String> problems = new ArrayList<>();
        Found found = evidence.found(truth.windows().keySet(), problems);
        Checker checker = new Checker(truth, found);
        for (WarrantId warrant : truth.windows().keySet()) {
            evidence.read(warrant, checker);
        }
        Checker.Verdict verdict = checker.end();
        problems.addAll(verdict.problems());
        List<String> verifiers = evidence.verify(problems);
        Map<CustodyAction, Long> stated = new EnumMap<>(CustodyAction.class);
        evidence.custody().forEach(event -> stated.merge(event.action(), 1L, Long::sum));
        for (CustodyAction never : List.of(CustodyAction.EVIDENCE_MISMATCH, CustodyAction.INTEGRITY)) {
            if (stated.containsKey(never)) {
                problems.add("custody tells of " + never + ": "
                        + evidence.custody().stream()
                                .filter(event -> event.action() == never)
                                .map(CustodyEvent::text)
                                .limit(3)
                                .toList());
            }
        }
        Map<Party, Integer> ended = new EnumMap<>(Party.class);
        stage.units().forEach(unit -> ended.put(unit.party(), unit.endedByItself()));
        return new Outcome(
                plan,
                new Checker.Verdict(verdict.rows(), problems),
                happened,
                ended,
                stated,
                found.sessions().size(),
                Math.toIntExact(found.sessions().stream()
                        .filter(session -> !session.ended())
                        .count()),
                verifiers);
    }

    /** What people and controllers do meanwhile, one after the other. */
    private void act(FaultStage stage, Population pods, Warrant first, Warrant second, Instant begin, Instant end)
            throws BenchException, SandboxException, PodException, InterruptedException {
        for (Act act : plan.acts()) {
            Pace.pass(Duration.between(Instant.now(), begin.plusMillis(act.atMs())));
            String pod = "alpha-x" + act.pod();
            switch (act.kind()) {
                case ACTIVATE -> {
                    progress.accept("a third warrant comes");
                    Warrant warrant = stage.authority().draft(labels(FIRST_TARGET), end, false);
                    third.set(warrant);
                    stage.authority().publish(stage.kafka(), warrant);
                }
                case AMEND -> {
                    progress.accept("the first warrant is amended");
                    Warrant next = Authority.amended(first, end.plusSeconds(5));
                    amended.set(next);
                    stage.authority().publish(stage.kafka(), next);
                }
                case REVOKE -> {
                    progress.accept("the second warrant is revoked");
                    stage.authority().publish(stage.kafka(), Authority.revocation(second));
                    revoked.set(Instant.now());
                }
                case POD_COMES -> {
                    progress.accept("pod " + pod + " comes");
                    pods.come(pod, FIRST_TARGET, BYSTANDER);
                }
                case POD_GOES -> {
                    progress.accept("pod " + pod + " goes");
                    pods.go(pod);
                }
            }
        }
    }

    private Set<Truth.Capture> standing(Population pods, Warrant first) {
        Set<Truth.Capture> standing = new HashSet<>();
        standing.add(new Truth.Capture(first.id(), pods.interfaceOf(TARGET_POD)));
        Warrant other = third.get();
        if (other != null) {
            standing.add(new Truth.Capture(other.id(), pods.interfaceOf(TARGET_POD)));
        }
        return standing;
    }

    private Truth truth(
            Population pods, Warrant first, Warrant second, List<Happened> happened, Set<Truth.Capture> standing)
            throws BenchException {
        Warrant last = amended.get();
        Instant revocation = revoked.get();
        Warrant other = third.get();
        if (last == null || revocation == null || other == null) {
            throw new BenchException("not all orders were given");
        }
        Map<WarrantId, Truth.Window> windows = new HashMap<>();
        windows.put(first.id(), new Truth.Window(first.notBefore(), last.notAfter(), null));
        windows.put(
                second.id(),
                new Truth.Window(
                        second.notBefore(), second.notAfter(), Happened.calmAfter(happened, revocation, CALM)));
        windows.put(other.id(), new Truth.Window(other.notBefore(), other.notAfter(), null));
        List<Truth.Life> lives =
                pods.lives(Map.of(FIRST_TARGET, Set.of(first.id(), other.id()), SECOND_TARGET, Set.of(second.id())));
        return new Truth(lives, windows, expected(lives, windows, happened), standing);
    }

    /** Which captures must have begun: pod and warrant were there, and nothing befell the system for long enough meanwhile. */
    private static Set<Truth.Capture> expected(
            List<Truth.Life> lives, Map<WarrantId, Truth.Window> windows, List<Happened> happened) {
        Set<Truth.Capture> expected = new HashSet<>();
        for (Truth.Life life : lives) {
            for (WarrantId warrant : life.warrants()) {
                Truth.Window window = windows.get(warrant);
                if (window == null) {
                    continue;
                }
                Instant from = life.began().isAfter(window.from()) ? life.began() : window.from();
                if (Happened.calmAfter(happened, from, CALM).isBefore(life.ended())) {
                    expected.add(new Truth.Capture(warrant, life.interfaceName()));
                }
            }
        }
        return expected;
    }

    private static void awaitSessions(Evidence evidence, List<Warrant> warrants)
            throws BenchException, InterruptedException {
        boolean opened = Pace.until(FIRST_SESSIONS, () -> {
            List<CustodyEvent> events = evidence.custody();
            return warrants.stream()
                    .allMatch(warrant -> Evidence.first(events, warrant.id(), CustodyAction.SESSION_OPENED)
                            .isPresent());
        });
        if (!opened) {
            throw new BenchException("no session was opened within " + FIRST_SESSIONS.toSeconds() + " s");
        }
    }

    private static void awaitSeals(Evidence evidence, Set<WarrantId> warrants)
            throws BenchException, InterruptedException {
        if (!Pace.until(SEALED, () -> warrants.stream().allMatch(evidence::sealed))) {
            throw new BenchException(
                    "not all warrants were sealed within " + SEALED.toMinutes() + " minutes; sealed are "
                            + warrants.stream().filter(evidence::sealed).toList());
        }
    }

    private static Map<String, String> labels(String application) {
        return Map.of(Population.LABEL, application);
    }
}
