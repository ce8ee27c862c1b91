package org.lawtap.deploy.faults;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.lawtap.deploy.bench.BenchException;
import org.lawtap.deploy.bench.MeasuredProcess;
import org.lawtap.deploy.pod.NumberedSender;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.sink.cli.VerifyCommand;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.evidence.EvidenceSeries.SessionState;
import org.lawtap.sink.pcapng.PcapngException;
import org.lawtap.sink.pcapng.PcapngReader;
import org.lawtap.sink.rebuild.KafkaRecordLog;
import org.lawtap.sink.rebuild.Outcome;
import org.lawtap.sink.rebuild.Rebuild;
import org.lawtap.sink.rebuild.RebuildException;
import org.lawtap.sink.retention.DecryptedLog;
import org.lawtap.sink.retention.DeliveryKeyFiles;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

/** Reads what the run left: evidence files, the log, custody; and has both verifiers look at it. */
final class Evidence {
    private static final String SESSION = "session=";
    private static final int FETCH_BYTES = 4 << 20;
    private static final long ROTATE_BYTES = 1L << 30;
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration VERIFIER_TIMEOUT = Duration.ofMinutes(10);

    private final Path directory;
    private final Path keys;
    private final Path work;
    private final Path deliveryKeys;
    private final KafkaClients kafka;
    private final Optional<Path> secondVerifier;

    /**
     * @param directory with a directory for each warrant
     * @param work for what is rebuilt
     * @param secondVerifier docs/verify.py; without it that check is left out, and the report says so
     */
    Evidence(
            Path directory,
            Path keys,
            Path work,
            Path deliveryKeys,
            KafkaClients kafka,
            Optional<Path> secondVerifier) {
        this.secondVerifier = secondVerifier;
        this.directory = directory;
        this.keys = keys;
        this.work = work;
        this.deliveryKeys = deliveryKeys;
        this.kafka = kafka;
    }

    /** All custody events so far. */
    List<CustodyEvent> custody() throws BenchException {
        List<CustodyEvent> events = new ArrayList<>();
        TopicPartition partition = new TopicPartition(Topic.CUSTODY.name(), 0);
        try (Consumer<String, byte[]> consumer = kafka.consumer(Map.of())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                for (var record : consumer.poll(POLL)) {
                    events.add(CustodyCodec.decode(record.value()));
                }
            }
        } catch (WireException e) {
            throw new BenchException("custody holds an unreadable record: " + e.getMessage(), e);
        }
        return events;
    }

    boolean sealed(WarrantId warrant) {
        return Files.exists(directory.resolve(warrant.toString()).resolve("seal.json"));
    }

    /** What the system says of these warrants' captures; and whether its files come out of the log again, byte for byte. */
    Found found(Set<WarrantId> warrants, List<String> problems) throws BenchException, InterruptedException {
        List<Found.Session> sessions = new ArrayList<>();
        for (WarrantId warrant : warrants) {
            Path again = work.resolve("rebuilt");
            long sealedAt = sealedAt(warrant);
            Map<SessionId, Long> sealed = new HashMap<>();
            for (SessionState state : rebuild(warrant, again, sealedAt).sessions()) {
                sealed.put(state.session(), state.packets());
            }
            compare(warrant, again, problems);
            Outcome whole = rebuild(warrant, work.resolve("whole"), Long.MAX_VALUE);
            whole.problems().forEach(problem -> problems.add("the log of warrant " + warrant + ": " + problem));
            for (SessionState state : whole.sessions()) {
                sessions.add(session(warrant, state, sealed.getOrDefault(state.session(), 0L)));
            }
        }
        Map<String, Long> gaps = new HashMap<>();
        Set<String> told = new HashSet<>();
        for (CustodyEvent event : custody()) {
            if (event.action() == CustodyAction.GAP && event.session() != null) {
                gaps.put(
                        event.session().toString(),
                        Long.parseLong(event.details().getOrDefault("packets", "-1")));
            }
            if (event.warrant() != null && event.pod() != null) {
                told.add(event.warrant() + "/" + event.pod());
            }
        }
        return new Found(sessions, gaps, told);
    }

    private static Found.Session session(WarrantId warrant, SessionState state, long sealed) {
        SessionId previous = state.opened().previousSession();
        Checkpoint last = state.last();
        return new Found.Session(
                state.session().toString(),
                warrant,
                state.opened().interfaceName(),
                previous == null ? null : previous.toString(),
                sealed,
                state.packets(),
                state.missing(),
                (last == null ? state.opened().interfaceAtArm() : last.interfaceAtArm()).tapped(),
                last);
    }

    /** Hands every frame of a warrant's files to the checker, in their order. */
    void read(WarrantId warrant, Checker checker) throws BenchException {
        for (Path file : files(directory.resolve(warrant.toString()), ".pcapng")) {
            try (PcapngReader reader = PcapngReader.open(file)) {
                Map<Integer, String> ids = new HashMap<>();
                for (PcapngReader.Frame frame = reader.next(); frame != null; frame = reader.next()) {
                    String session = ids.computeIfAbsent(
                            frame.interfaceId(),
                            id -> sessionOf(reader.interfaces().get(id).description()));
                    checker.frame(
                            warrant,
                            session,
                            NumberedSender.Numbered.of(frame.data()),
                            Instant.ofEpochSecond(0, frame.timeNs()));
                }
            } catch (IOException | PcapngException e) {
                throw new BenchException(file + ": " + e.getMessage(), e);
            }
        }
    }

    /** Whether both verifiers find nothing; what they find goes to the problems. Returns which of them looked. */
    List<String> verify(List<String> problems) throws BenchException, InterruptedException {
        List<String> looked = new ArrayList<>();
        StringWriter said = new StringWriter();
        PrintWriter out = new PrintWriter(said);
        int code = new CommandLine(new VerifyCommand())
                .setOut(out)
                .setErr(out)
                .execute(directory.toString(), "--keys", keys.toString());
        looked.add("lawtap verify");
        if (code != 0) {
            problems.add("lawtap verify ends with " + code + ": " + findings(said.toString()));
        }
        if (secondVerifier.isPresent()) {
            String second = secondVerifier.get().toString();
            Path log = work.resolve("verify.py.log");
            List<String> command = List.of("python3", second, directory.toString(), "--keys", keys.toString());
            try (MeasuredProcess process = MeasuredProcess.start("verify.py", List.of(), command, Map.of(), log)) {
                looked.add("docs/verify.py");
                process.awaitEnd(VERIFIER_TIMEOUT);
            } catch (BenchException e) {
                problems.add("docs/verify.py: " + e.getMessage());
            }
        }
        return looked;
    }

    private static String findings(String said) {
        return String.join(
                "; ", said.lines().filter(line -> !line.isBlank()).limit(40).toList());
    }

    private long sealedAt(WarrantId warrant) throws BenchException {
        Path seal = directory.resolve(warrant.toString()).resolve("seal.json");
        try {
            return JsonMapper.shared()
                    .readTree(Files.readString(seal, StandardCharsets.UTF_8))
                    .path("log")
                    .path("next")
                    .asLong();
        } catch (IOException e) {
            throw new BenchException("warrant " + warrant + " is not sealed: " + seal + " can't be read", e);
        }
    }

    private Outcome rebuild(WarrantId warrant, Path out, long to) throws BenchException, InterruptedException {
        try (DecryptedLog log = new DecryptedLog(
                KafkaRecordLog.open(kafka, warrant, FETCH_BYTES, to),
                warrant,
                DecryptedLog.keys(new DeliveryKeyFiles(deliveryKeys), warrant, kafka))) {
            Files.createDirectories(out);
            return new Rebuild(log, 1, new Silent()).series(EvidenceFiles.rebuilt(out, warrant), ROTATE_BYTES);
        } catch (RebuildException | IOException | EvidenceException e) {
            throw new BenchException("warrant " + warrant + " can't be rebuilt: " + e.getMessage(), e);
        }
    }

    private void compare(WarrantId warrant, Path again, List<String> problems) throws BenchException {
        Path one = directory.resolve(warrant.toString());
        Path other = again.resolve(warrant.toString());
        try {
            for (String ending : List.of(".pcapng", ".ledger")) {
                List<String> names = names(files(one, ending));
                if (!names.equals(names(files(other, ending)))) {
                    problems.add("a rebuild of warrant " + warrant + " has other files: " + names);
                    continue;
                }
                for (String name : names) {
                    long at = Files.mismatch(one.resolve(name), other.resolve(name));
                    if (at >= 0) {
                        problems.add("a rebuild makes " + name + " anew with another byte " + at);
                    }
                }
            }
        } catch (IOException e) {
            throw new BenchException("files of warrant " + warrant + " can't be compared: " + e.getMessage(), e);
        }
    }

    private static List<String> names(List<Path> files) {
        return files.stream().map(file -> String.valueOf(file.getFileName())).toList();
    }

    private static List<Path> files(Path directory, String ending) throws BenchException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        } catch (IOException e) {
            throw new BenchException(directory + " can't be listed: " + e.getMessage(), e);
        }
    }

    private static String sessionOf(String description) {
        int at = description.indexOf(SESSION);
        int end = description.indexOf(' ', at);
        return at < 0 ? "" : description.substring(at + SESSION.length(), end < 0 ? description.length() : end);
    }

    /** Nobody watches a rebuild of the run. */
    private static final class Silent implements Rebuild.Progress {
        @Override
        public void read(long nextOffset, long records, long bytes) {}

        @Override
        public void sorted(long bytes, long of) {}
    }

    /** The first such event. */
    static Optional<CustodyEvent> first(List<CustodyEvent> events, WarrantId warrant, CustodyAction action) {
        return events.stream()
                .filter(event -> event.action() == action && warrant.equals(event.warrant()))
                .findFirst();
    }
}
