package org.lawtap.warrants.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.order.LawCases;
import org.lawtap.schemas.order.LawCases.LawCase;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.schemas.wire.WireException;

/**
 * The table of the law at the topology: each row is written straight into the log, past the command line. A broker takes no record of
 * 10 MB; here one comes all the same.
 */
class LawAtTheTopologyTest {
    private static final LawCases LAW = new LawCases(Instant.parse("2026-11-23T12:00:00Z"));
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration TICK = Duration.ofMillis(500);

    private final ManualClock clock = new ManualClock(LAW.now());
    private final TopologyTestDriver driver = new TopologyTestDriver(
            Topologies.build(LAW.check(), warrant -> true, now -> true, LEASE, clock, DecidingCounts.NONE),
            properties(),
            LAW.now());
    private final TestInputTopic<String, byte[]> pods =
            driver.createInputTopic(Topic.PODS.name(), new StringSerializer(), new ByteArraySerializer());
    private final TestInputTopic<String, byte[]> warrants =
            driver.createInputTopic(Topic.WARRANTS.name(), new StringSerializer(), new ByteArraySerializer());
    private final TestOutputTopic<String, byte[]> commands =
            driver.createOutputTopic(Topic.COMMANDS.name(), new StringDeserializer(), new ByteArrayDeserializer());
    private final TestOutputTopic<String, byte[]> custody =
            driver.createOutputTopic(Topic.CUSTODY.name(), new StringDeserializer(), new ByteArrayDeserializer());

    @AfterEach
    void close() {
        driver.close();
    }

    static Stream<LawCase> rows() {
        return LAW.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void commandsNothingAndSaysWhyOnce(LawCase row) throws WireException {
        podOfTheTarget();
        for (SignedOrder earlier : row.earlier()) {
            publish(earlier);
        }
        commands();
        custody();

        publish(row.order());

        assertThat(commands()).as("what goes on goes on").isEmpty();
        List<CustodyEvent> said = custody();
        assertThat(said).hasSize(1);
        if (row.waits()) {
            // Lawful before its time: it is accepted, and no pod is captured until it begins.
            assertThat(said.getFirst().action()).isEqualTo(CustodyAction.WARRANT_ACCEPTED);
        } else {
            assertThat(said.getFirst().action()).isIn(CustodyAction.WARRANT_REFUSED, CustodyAction.RECORD_REFUSED);
            String sentence = row.order() == null ? "a tombstone; a revocation is a signed record" : row.sentence();
            assertThat(said.getFirst().text()).contains(sentence);
        }
        tick();
        assertThat(commands()).allMatch(command -> command instanceof Command.Renew);
        assertThat(custody()).isEmpty();
    }

    @Test
    void commandsTheCaptureOfTheLawfulSample() throws WireException {
        podOfTheTarget();
        publish(LAW.lawful());
        assertThat(commands()).hasOnlyElementsOfType(Command.Start.class).hasSize(1);
    }

    /** Else whoever can hold records back could bring an older, wider warrant into force. */
    @Test
    void aGenerationThatWasOverWhenItCameStillReplacesTheOlderOnes() throws WireException {
        podOfTheTarget();
        LawCase older = LAW.all()
                .filter(row -> row.name().equals("an older generation after a newer one"))
                .findFirst()
                .orElseThrow();
        clock.advance(Duration.ofHours(2));
        publish(older.earlier().getFirst());
        clock.advance(Duration.ofHours(-2));
        assertThat(custody().getFirst().text()).contains("it ended at");
        publish(older.order());
        assertThat(custody().getFirst().text()).contains("generation 1 is not newer than 2");
        assertThat(commands()).isEmpty();
    }

    private void podOfTheTarget() {
        PodRef ref = new PodRef(LawCases.CLUSTER, LawCases.NAMESPACE, new PodName("web-1"), new PodUid("uid-1"));
        Pod pod = new Pod(ref, LawCases.LABELS, new NodeName("n1"), false, Pod.Phase.RUNNING, List.of(), null, "1");
        PodEvent event = new PodEvent.Present(true, pod, PodEvent.Source.WATCH, LAW.now());
        pods.pipeInput(event.key(), PodCodec.encode(event));
    }

    private void publish(@Nullable SignedOrder order) {
        warrants.pipeInput(LawCases.ID.toString(), order == null ? null : OrderCodec.encode(order));
    }

    private void tick() {
        clock.advance(TICK);
        driver.advanceWallClockTime(TICK);
    }

    private List<Command> commands() throws WireException {
        List<Command> read = new ArrayList<>();
        for (byte[] value : commands.readValuesToList()) {
            read.add(CommandCodec.decode(value));
        }
        return read;
    }

    private List<CustodyEvent> custody() throws WireException {
        List<CustodyEvent> read = new ArrayList<>();
        for (byte[] value : custody.readValuesToList()) {
            read.add(CustodyCodec.decode(value));
        }
        return read;
    }

    private static Properties properties() {
        Properties properties = new Properties();
        properties.put("application.id", "lawtap-warrants");
        properties.put("bootstrap.servers", "none:1");
        return properties;
    }
}
