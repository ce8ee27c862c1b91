package org.lawtap.deploy.operation;

import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.WireException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code lawtap status}: how things stand, from custody and from Kafka's own counts. It shows nothing of a target. */
@Command(
        name = "status",
        sortOptions = false,
        description = "Show how warrants stand: captures, sessions, gaps, records and lag. No target is shown.",
        footer = {
            "",
            "Needs LAWTAP_KAFKA_BOOTSTRAP_SERVERS, and LAWTAP_KAFKA_CLIENT_PROPERTIES for TLS, with the right to read"
                    + " lawtap.custody and to describe packet topics and consumer groups. Reads no packets, and changes nothing.",
            "Exit codes: 0 shown; 2 wrong arguments; 78 wrong settings, or Kafka does not answer."
        })
public final class StatusCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(300);
    private static final int WATCH_MS = 2000;
    private static final String CLEAR = "\u001b[H\u001b[2J";

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(names = "--watch", description = "Show it again every two seconds, until interrupted.")
    boolean watch;

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "text",
            description = "text, or json: one object on a line; default: ${DEFAULT-VALUE}.")
    String output = "text";

    private final Map<String, String> environment;
    private final Clock clock;

    /** Reaches Kafka by the same settings as the services. */
    public StatusCommand() {
        this(System.getenv(), Clock.systemUTC());
    }

    StatusCommand(Map<String, String> environment, Clock clock) {
        this.environment = environment;
        this.clock = clock;
    }

    @Override
    public Integer call() throws InterruptedException {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        PrintWriter err = line.getErr();
        if (!output.equals("text") && !output.equals("json")) {
            err.println("lawtap status: --output must be text or json");
            return CommandLine.ExitCode.USAGE;
        }
        try {
            Settings settings = new Settings(environment);
            KafkaSettings kafka = KafkaSettings.declare(settings);
            settings.check();
            show(new KafkaClients(kafka, "lawtap-status"), line.getOut());
            return CommandLine.ExitCode.OK;
        } catch (StartException e) {
            err.println("lawtap status: " + e.getMessage());
            return ServiceMain.EXIT_CONFIG;
        } catch (KafkaException e) {
            err.println("lawtap status: Kafka does not give " + custody().topic() + ": " + e.getMessage());
            return ServiceMain.EXIT_CONFIG;
        } finally {
            err.flush();
        }
    }

    private void show(KafkaClients kafka, PrintWriter out) throws StartException, InterruptedException {
        WarrantBoard warrants = new WarrantBoard();
        KafkaBoard safety = new KafkaBoard();
        try (Admin admin = kafka.admin();
                Consumer<String, byte[]> custody = kafka.consumer(Map.of())) {
            TopicBoard topics = new TopicBoard(admin);
            TopicBoard.Board board = topics.look();
            custody.assign(List.of(custody()));
            custody.seekToBeginning(List.of(custody()));
            read(custody, warrants, safety);
            print(warrants, board, safety.lines(KafkaBoard.look(admin)), out);
            while (watch) {
                Thread.sleep(WATCH_MS);
                board = topics.look();
                read(custody, warrants, safety);
                print(warrants, board, safety.lines(KafkaBoard.look(admin)), out);
            }
        }
    }

    /** Not a constant: all commands are made at every start, and the catalogue's schemas would begin to log before the demo says where. */
    private static TopicPartition custody() {
        return new TopicPartition(Topic.CUSTODY.name(), 0);
    }

    /** To the present end. */
    private static void read(Consumer<String, byte[]> custody, WarrantBoard warrants, KafkaBoard safety) {
        long end = custody.endOffsets(List.of(custody())).getOrDefault(custody(), 0L);
        while (custody.position(custody()) < end) {
            for (ConsumerRecord<String, byte[]> record : custody.poll(POLL)) {
                try {
                    CustodyEvent event = CustodyCodec.decode(record.value());
                    warrants.accept(event);
                    safety.accept(event);
                } catch (WireException e) {
                    // What can't be read tells nothing of a warrant.
                }
            }
        }
    }

    private void print(WarrantBoard warrants, TopicBoard.Board board, List<String> unsafe, PrintWriter out) {
        Instant now = clock.instant();
        List<WarrantBoard.Row> rows = warrants.rows(now);
        if (output.equals("json")) {
            out.println(json(rows, board, unsafe, now));
        } else {
            if (watch) {
                out.print(CLEAR);
            }
            out.print(text(rows, board, unsafe, now));
        }
        out.flush();
    }

    static String text(List<WarrantBoard.Row> rows, TopicBoard.Board board, List<String> unsafe, Instant now) {
        StringBuilder page = new StringBuilder();
        long active = rows.stream().filter(row -> row.state().equals("active")).count();
        int sessions = rows.stream().mapToInt(WarrantBoard.Row::sessions).sum();
        int blind = rows.stream().mapToInt(WarrantBoard.Row::blind).sum();
        page.append("%s  %d warrants, %d active; %d sessions, %d captures without one; deciding lags %d records%n"
                .formatted(
                        now.truncatedTo(ChronoUnit.SECONDS),
                        rows.size(),
                        active,
                        sessions,
                        blind,
                        board.decidingLag()));
        unsafe.forEach(line -> page.append("KAFKA UNSAFE  %s%n".formatted(line)));
        page.append('\n');
        page.append("%-36s %3s %-9s %-20s %5s %5s %5s %5s %9s %9s %6s %7s  %s%n"
                .formatted(
                        "WARRANT", "GEN", "STATE", "UNTIL", "PODS", "SESS", "BLIND", "GAPS", "MISSING", "RECORDS",
                        "LAG", "LAST", "LOOK AT"));
        for (WarrantBoard.Row row : rows) {
            TopicBoard.Packets packets = board.packets().get(row.warrant());
            page.append("%-36s %3d %-9s %-20s %5d %5d %5d %5d %9d %9s %6s %7s  %s%n"
                    .formatted(
                            row.warrant(),
                            row.generation(),
                            row.state(),
                            row.notAfter() == null ? "?" : row.notAfter().truncatedTo(ChronoUnit.SECONDS),
                            row.captures(),
                            row.sessions(),
                            row.blind(),
                            row.gaps(),
                            row.missing(),
                            packets == null ? "-" : packets.records(),
                            packets == null || packets.lag() < 0 ? "-" : packets.lag(),
                            packets == null ? "-" : age(packets.lastRecord(), now),
                            notes(row)));
        }
        if (rows.isEmpty()) {
            page.append("no warrants\n");
        }
        return page.toString();
    }

    private static String notes(WarrantBoard.Row row) {
        return ((row.degraded() > 0 ? "DEGRADED " : "")
                        + (row.spilling() ? "SPILLING " : "")
                        + (row.held() ? "HELD " : "")
                        + row.trouble())
                .strip();
    }

    private static String age(@Nullable Instant at, Instant now) {
        if (at == null) {
            return "-";
        }
        long seconds = Math.max(0, Duration.between(at, now).toSeconds());
        if (seconds < 120) {
            return seconds + " s";
        }
        return seconds < 7200 ? seconds / 60 + " min" : String.format(Locale.ROOT, "%d h", seconds / 3600);
    }

    static String json(List<WarrantBoard.Row> rows, TopicBoard.Board board, List<String> unsafe, Instant now) {
        ObjectNode page = JsonMapper.shared().createObjectNode();
        page.put("at", now.toString());
        page.put("decidingLag", board.decidingLag());
        ArrayNode kafka = page.putArray("kafkaUnsafe");
        unsafe.forEach(kafka::add);
        ArrayNode list = page.putArray("warrants");
        for (WarrantBoard.Row row : rows) {
            TopicBoard.Packets packets = board.packets().get(row.warrant());
            Instant notAfter = row.notAfter();
            Instant last = packets == null ? null : packets.lastRecord();
            list.addObject()
                    .put("warrant", row.warrant().toString())
                    .put("generation", row.generation())
                    .put("state", row.state())
                    .put("notAfter", notAfter == null ? null : notAfter.toString())
                    .put("captures", row.captures())
                    .put("sessions", row.sessions())
                    .put("blind", row.blind())
                    .put("degraded", row.degraded())
                    .put("gaps", row.gaps())
                    .put("missingPackets", row.missing())
                    .put("spilling", row.spilling())
                    .put("held", row.held())
                    .put("records", packets == null ? null : packets.records())
                    .put("lag", packets == null || packets.lag() < 0 ? null : packets.lag())
                    .put("lastRecord", last == null ? null : last.toString())
                    .put("lastEvent", row.lastEvent().toString())
                    .put("lookAt", row.trouble());
        }
        return page.toString();
    }
}
