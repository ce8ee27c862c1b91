package org.lawtap.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.Chain;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.ClockState;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WrappedKey;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SampleOrders;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.topics.SchemaId;

class CodecTest {
    private static final Instant MICROS = Instant.parse("2026-11-23T12:00:00.123456Z");
    private static final Instant NANOS = Instant.parse("2026-11-23T12:00:00.123456789Z");
    private static final long TIME_NS = 1_795_521_600_123_456_789L;
    private static final NodeName NODE = new NodeName("n1");
    private static final SessionId SESSION = SessionId.parse("11111111-2222-4333-8444-555555555555");
    private static final PodRef POD =
            new PodRef(new ClusterId("c1"), new Namespace("shop"), new PodName("web-0"), new PodUid("uid-1"));
    private static final ClockState CLOCK = new ClockState("tsc", true, 125_000);
    private static final List<ByteBuffer> ADDRESSES =
            List.of(ByteBuffer.wrap(new byte[] {10, 0, 0, 1}), ByteBuffer.wrap(new byte[16]));
    private static final InterfaceCounters COUNTERS = new InterfaceCounters(1, 2, 3, 4, 5, 6);
    private static final WrappedKey WRAPPED =
            new WrappedKey(new Sha256("cd".repeat(32)), ByteBuffer.wrap(new byte[44]), ByteBuffer.wrap(new byte[48]));
    private static final Chain CHAIN = new Chain(3, Sha256.of(new byte[32]), new Sha256("ab".repeat(32)));
    private static final SignedOrder ORDER =
            SampleOrders.sign(SampleOrders.warrant(), OrderKeys.generate(), OrderKeys.generate());
    private static final CaptureKey CAPTURE = new CaptureKey(SampleOrders.ID, 1, POD.uid());

    static Stream<PodEvent> podEvents() {
        Pod full = new Pod(
                POD,
                Map.of("app", "nginx1", "tier", ""),
                NODE,
                true,
                Pod.Phase.RUNNING,
                List.of("10.0.0.1", "fd00::1"),
                MICROS,
                "77");
        Pod bare = new Pod(POD, Map.of(), null, false, Pod.Phase.PENDING, List.of(), null, "");
        return Stream.of(
                new PodEvent.Present(true, full, PodEvent.Source.LIST, MICROS),
                new PodEvent.Present(false, bare, PodEvent.Source.WATCH, MICROS),
                new PodEvent.Gone(bare, PodEvent.Source.RELIST, MICROS),
                new PodEvent.Listed(POD.cluster(), 0, PodEvent.Source.RELIST, MICROS));
    }

    static Stream<Command> commands() {
        return Stream.of(
                new Command.Start(NODE, MICROS, CAPTURE, ORDER, POD, Map.of("app", "nginx1"), false, MICROS),
                new Command.Stop(NODE, MICROS, CAPTURE, StopReason.POD_MOVED),
                new Command.Renew(NODE, MICROS, List.of(), MICROS),
                new Command.Renew(NODE, MICROS, List.of(CAPTURE, CAPTURE), MICROS));
    }

    static Stream<CustodyEvent> custodyEvents() {
        return Stream.of(
                new CustodyEvent(
                        UUID.randomUUID(),
                        MICROS,
                        "sink",
                        CustodyAction.SESSION_FILED,
                        SampleOrders.ID,
                        SESSION,
                        POD.uid(),
                        "text \u00e4",
                        Map.of("a", "1", "b", "")),
                new CustodyEvent(
                        UUID.randomUUID(), MICROS, "", CustodyAction.RECORD_REFUSED, null, null, null, "", Map.of()));
    }

    static Stream<PacketEvent> packetEvents() {
        return Stream.of(
                new PacketEvent.Opened(SESSION, opened(SessionId.random(), "tcp", new byte[] {2, 0, 0, 0, 0, 1})),
                new PacketEvent.Opened(SESSION, opened(null, null, new byte[0])),
                new PacketEvent.Batch(
                        SESSION,
                        List.of(
                                packet(0, TIME_NS, Packet.Direction.FROM_POD, 19, 1500, new byte[] {1, 2, 3}),
                                packet(1, 0, Packet.Direction.TO_POD, 0, 0, new byte[0]),
                                packet(2, -1, Packet.Direction.UNKNOWN, 0, 1, new byte[] {-1}),
                                packet(Long.MAX_VALUE, Long.MAX_VALUE, Packet.Direction.UNKNOWN, 0, 9, new byte[9]))),
                new PacketEvent.Accounted(SESSION, checkpoint(null)),
                new PacketEvent.Accounted(SESSION, checkpoint(StopReason.WARRANT_ENDED)));
    }

    @ParameterizedTest
    @MethodSource("podEvents")
    void readsBackThePodEventItWrote(PodEvent event) throws WireException {
        assertThat(PodCodec.decode(PodCodec.encode(event))).isEqualTo(event);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void readsBackTheCommandItWrote(Command command) throws WireException {
        assertThat(CommandCodec.decode(CommandCodec.encode(command))).isEqualTo(command);
    }

    @ParameterizedTest
    @MethodSource("custodyEvents")
    void readsBackTheCustodyEventItWrote(CustodyEvent event) throws WireException {
        assertThat(CustodyCodec.decode(CustodyCodec.encode(event))).isEqualTo(event);
    }

    @ParameterizedTest
    @MethodSource("packetEvents")
    void readsBackThePacketEventItWrote(PacketEvent event) throws WireException {
        assertThat(PacketCodec.decode(PacketCodec.encode(event))).isEqualTo(event);
    }

    @Test
    void readsBackTheOrderItWrote() throws WireException {
        assertThat(OrderCodec.decode(OrderCodec.encode(ORDER))).isEqualTo(ORDER);
        SignedOrder unsigned = SampleOrders.sign(SampleOrders.revocation());
        assertThat(OrderCodec.decode(OrderCodec.encode(unsigned))).isEqualTo(unsigned);
    }

    @Test
    void cutsTimesToTheMicrosecond() throws WireException {
        PodEvent event = new PodEvent.Listed(POD.cluster(), 1, PodEvent.Source.LIST, NANOS);
        assertThat(PodCodec.decode(PodCodec.encode(event)).observedAt()).isEqualTo(MICROS);
        Command command = new Command.Stop(NODE, NANOS, CAPTURE, StopReason.ERROR);
        assertThat(CommandCodec.decode(CommandCodec.encode(command)).issuedAt()).isEqualTo(MICROS);
    }

    @Test
    void encodingLeavesAPacketsBufferAsItWas() {
        ByteBuffer data = ByteBuffer.wrap(new byte[] {9, 1, 2, 9}, 1, 2).slice().asReadOnlyBuffer();
        PacketEvent event =
                new PacketEvent.Batch(SESSION, List.of(new Packet(0, 1, Packet.Direction.UNKNOWN, 0, 2, data)));
        assertThat(PacketCodec.encode(event)).isEqualTo(PacketCodec.encode(event));
        assertThat(data.remaining()).isEqualTo(2);
    }

    @Test
    void stockAvroReadsAPodEvent() throws IOException {
        GenericRecord record =
                stock(SchemaId.PODS, PodCodec.encode(podEvents().toList().getFirst()));
        assertThat(record.get("change")).hasToString("ADDED");
        assertThat(record.get("observedAt")).isEqualTo(MICROS.getEpochSecond() * 1_000_000 + 123_456);
        GenericRecord pod = (GenericRecord) record.get("pod");
        assertThat(pod.get("name")).hasToString("web-0");
        assertThat(pod.get("node")).hasToString("n1");
    }

    @Test
    void stockAvroReadsPackets() throws IOException {
        GenericRecord record = stock(
                SchemaId.PACKETS, PacketCodec.encode(packetEvents().toList().get(2)));
        assertThat(record.get("session")).hasToString(SESSION.toString());
        GenericRecord packet = (GenericRecord) ((List<?>) record.get("packets")).getFirst();
        assertThat(packet.get("time")).isEqualTo(TIME_NS);
        assertThat(packet.get("data")).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    }

    @Test
    void theHeadIsAZeroAndTheSchemaId() {
        for (byte[] value : values()) {
            assertThat(Arrays.copyOf(value, 4)).containsExactly(0, 0, 0, 0);
        }
        assertThat(values().stream().map(value -> (int) value[4])).containsExactly(1, 2, 3, 10, 9, 5);
    }

    @Test
    void refusesAnotherTopicsSchemaId() {
        for (byte[] value : values()) {
            byte[] changed = value.clone();
            changed[4]++;
            refused(value[4], changed);
        }
    }

    @Test
    void refusesAnotherFirstByte() {
        for (byte[] value : values()) {
            byte[] changed = value.clone();
            changed[0] = 1;
            refused(value[4], changed);
        }
    }

    @Test
    void refusesEveryTruncatedValue() {
        for (byte[] value : values()) {
            for (int length = 0; length < value.length; length++) {
                refused(value[4], Arrays.copyOf(value, length));
            }
        }
    }

    @Test
    void refusesBytesAfterTheRecord() {
        for (byte[] value : values()) {
            refused(value[4], Arrays.copyOf(value, value.length + 1));
        }
    }

    /** A poisoned value must be set aside as one, whatever bit is wrong: never another exception, never an Error. */
    @Test
    void aChangedByteIsRefusedOrReadNeverAnotherFailure() {
        for (byte[] value : values()) {
            for (int at = 0; at < value.length; at++) {
                for (int bit = 0; bit < 8; bit++) {
                    byte[] changed = value.clone();
                    changed[at] ^= (byte) (1 << bit);
                    try {
                        decode(value[4], changed);
                    } catch (WireException expected) {
                        assertThat(expected).hasMessageMatching("(?s).+");
                    }
                }
            }
        }
    }

    @Test
    void refusesAClaimOfMoreBytesThanThereAre() {
        ByteBuffer value = ByteBuffer.allocate(64);
        value.put(new byte[] {0, 0, 0, 0, 2});
        value.put((byte) 2).put((byte) 'x');
        // zigzag varint of 2^31 - 9, the longest length that Avro admits
        value.put(new byte[] {(byte) 0xee, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f});
        refused(2, Arrays.copyOf(value.array(), value.position()));
    }

    /** What a tombstone looks like to a reader of a topic. */
    @Test
    void refusesATombstone() {
        ConsumerRecord<String, byte[]> tombstone = new ConsumerRecord<>("t", 0, 0, "k", null);
        for (SchemaId schema : SchemaId.values()) {
            refused(schema.id(), tombstone.value());
        }
    }

    @Test
    void refusesACommandWhoseWarrantCantBeRead() {
        SignedOrder broken = new SignedOrder(ORDER.payloadType(), new byte[] {'{'}, List.of());
        byte[] value =
                CommandCodec.encode(new Command.Start(NODE, MICROS, CAPTURE, broken, POD, Map.of(), false, MICROS));
        refused(3, value);
    }

    private static SessionOpened opened(@Nullable SessionId previous, @Nullable String filter, byte[] address) {
        return new SessionOpened(
                SampleOrders.ID,
                3,
                previous,
                POD,
                NODE,
                "veth1",
                7,
                "eth0",
                ByteBuffer.wrap(address),
                4026531840L,
                "boot",
                "Linux 6.1",
                "ring",
                1,
                65535,
                filter,
                previous != null,
                TIME_NS,
                12,
                ByteBuffer.wrap(new byte[44]),
                COUNTERS,
                previous == null ? null : WRAPPED);
    }

    private static Checkpoint checkpoint(@Nullable StopReason reason) {
        return new Checkpoint(
                4, TIME_NS, 5, 6, 7, 8, 9, 13, 14, 10, 11, 15, 12, COUNTERS, COUNTERS, true, reason, CLOCK, ADDRESSES,
                CHAIN);
    }

    private static Packet packet(
            long sequence, long timeNs, Packet.Direction direction, int flags, int length, byte[] data) {
        return new Packet(sequence, timeNs, direction, flags, length, ByteBuffer.wrap(data));
    }

    /** One value of each schema, in the order of their ids. */
    private static List<byte[]> values() {
        return List.of(
                PodCodec.encode(podEvents().toList().getFirst()),
                OrderCodec.encode(ORDER),
                CommandCodec.encode(commands().toList().getFirst()),
                PacketCodec.encode(packetEvents().toList().getFirst()),
                envelope(),
                CustodyCodec.encode(custodyEvents().toList().getFirst()));
    }

    private static byte[] envelope() {
        byte[] head = new byte[EnvelopeCodec.HEAD_BYTES_MAX];
        return Arrays.copyOf(head, EnvelopeCodec.writeHead(SESSION, 1, 30, head) + 30);
    }

    private static void refused(int schema, byte @Nullable [] value) {
        assertThatExceptionOfType(WireException.class).isThrownBy(() -> decode(schema, value));
    }

    private static Object decode(int schema, byte @Nullable [] value) throws WireException {
        return switch (schema) {
            case 1 -> PodCodec.decode(value);
            case 2 -> OrderCodec.decode(value);
            case 3 -> CommandCodec.decode(value);
            case 10 -> PacketCodec.decode(value);
            case 9 -> EnvelopeCodec.read(value);
            case 5 -> CustodyCodec.decode(value);
            default -> throw new IllegalArgumentException("no schema " + schema);
        };
    }

    private static GenericRecord stock(SchemaId id, byte[] value) throws IOException {
        Schema schema = new Schema.Parser().parse(id.json());
        return new GenericDatumReader<GenericRecord>(schema)
                .read(null, DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null));
    }
}
