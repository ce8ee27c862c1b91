package org.lawtap.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lawtap.schemas.model.Chain;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.Sha256;

class PacketBatchReaderTest {
    private static final SessionId SESSION = SessionId.parse("0f3456ab-cdef-4012-8abc-def012345678");

    private static final List<Packet.Direction> DIRECTIONS =
            List.of(Packet.Direction.UNKNOWN, Packet.Direction.FROM_POD, Packet.Direction.TO_POD);

    private final PacketBatchReader reader = new PacketBatchReader();

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 63, 64, 65, 256, 257, 8191, 8192, 8193})
    void readsWhatTheBatchWrote(int packets) {
        assertReads(packets(packets, 100, 1));
    }

    @Test
    void readsEveryLengthFlagAndTime() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            assertReads(packets(1 + random.nextInt(20), 1 + random.nextInt(20_000), round));
        }
    }

    @Test
    void readsTheLargestAndTheSmallestNumbers() {
        assertReads(List.of(
                new Packet(
                        Long.MAX_VALUE,
                        Long.MAX_VALUE,
                        Packet.Direction.TO_POD,
                        Integer.MIN_VALUE,
                        Integer.MAX_VALUE,
                        ByteBuffer.allocate(0)),
                new Packet(
                        0,
                        -9_223_372_036_000_000_000L,
                        Packet.Direction.UNKNOWN,
                        Integer.MAX_VALUE,
                        0,
                        ByteBuffer.allocate(0))));
    }

    @Test
    void knowsOneSessionFromAnother() {
        SessionId other = SessionId.parse("0f3456ab-cdef-4012-8abc-def012345679");
        for (SessionId session : List.of(SESSION, other, other, SESSION)) {
            assertThat(reader.read(written(session, packets(2, 9, 3)))).isTrue();
            assertThat(reader.session()).isEqualTo(session);
        }
    }

    @Test
    void leavesOtherRecordsToTheCodec() {
        InterfaceCounters counters = new InterfaceCounters(1, 2, 3, 4, 5, 6);
        Checkpoint checkpoint = new Checkpoint(
                0,
                5,
                1,
                2,
                3,
                0,
                4,
                0,
                0,
                0,
                0,
                0,
                8,
                counters,
                counters,
                true,
                null,
                new Chain(0, Sha256.of(new byte[32]), null));
        assertThat(reader.read(PacketCodec.encode(new PacketEvent.Accounted(SESSION, checkpoint))))
                .isFalse();
        assertThat(reader.read(null)).isFalse();
        assertThat(reader.read(new byte[0])).isFalse();
    }

    @Test
    void leavesOtherFormsOfTheSamePacketsToTheCodec() throws WireException {
        byte[] value = written(SESSION, packets(2, 9, 4));
        int count = Frame.HEAD_BYTES + 1 + 36 + 1;
        assertThat(value[count]).isEqualTo((byte) 4);

        byte[] longerCount = spliced(value, count, 1, new byte[] {(byte) 0x84, 0});
        int items = value.length - count - 1 - 3;
        byte[] blockWithItsSize =
                spliced(value, count, 1, new byte[] {3, (byte) (items << 1 | 0x80), (byte) (items << 1 >> 7 & 0x7f)});

        for (byte[] form : List.of(longerCount, blockWithItsSize)) {
            assertThat(PacketCodec.decode(form)).isEqualTo(PacketCodec.decode(value));
            assertThat(reader.read(form)).isFalse();
        }
    }

    @Test
    void keepsNothingOfWhatItDidNotRead() {
        assertThat(reader.read(written(SESSION, packets(3, 9, 5)))).isTrue();
        assertThatThrownBy(() -> reader.sequence(3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(reader.read(new byte[80])).isFalse();
        assertThat(reader.packets()).isZero();
        assertThatThrownBy(reader::session).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> reader.timeNs(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void noTruncationIsMisread() {
        byte[] value = written(SESSION, packets(5, 40, 6));
        for (int length = 0; length < value.length; length++) {
            assertAgrees(Arrays.copyOf(value, length));
        }
        assertAgrees(Arrays.copyOf(value, value.length + 1));
    }

    @Test
    void noOtherByteIsMisread() {
        for (int seed = 0; seed < 4; seed++) {
            byte[] value = written(SESSION, packets(4, 30, seed));
            for (int at = 0; at < value.length; at++) {
                byte was = value[at];
                for (int other = 0; other < 256; other++) {
                    value[at] = (byte) other;
                    assertAgrees(value);
                }
                value[at] = was;
            }
        }
    }

    @Test
    void noMissingOrAddedBytesAreMisread() {
        Random random = new Random(8);
        byte[] value = written(SESSION, packets(4, 30, 9));
        for (int round = 0; round < 20_000; round++) {
            int at = random.nextInt(value.length);
            int removed = random.nextInt(Math.min(4, value.length - at));
            byte[] added = new byte[random.nextInt(4)];
            random.nextBytes(added);
            assertAgrees(spliced(value, at, removed, added));
        }
    }

    private void assertReads(List<Packet> packets) {
        byte[] value = written(SESSION, packets);
        assertThat(reader.read(value)).isTrue();
        assertThat(read(value)).isEqualTo(new PacketEvent.Batch(SESSION, packets));
        assertAgrees(value);
    }

    /** Reads exactly the values that the codec would write from what it reads in them. */
    private void assertAgrees(byte[] value) {
        PacketEvent decoded = decoded(value);
        boolean canonical = decoded instanceof PacketEvent.Batch && Arrays.equals(PacketCodec.encode(decoded), value);
        assertThat(reader.read(value)).isEqualTo(canonical);
        if (canonical) {
            assertThat(read(value)).isEqualTo(decoded);
        }
    }

    private static @Nullable PacketEvent decoded(byte[] value) {
        try {
            return PacketCodec.decode(value);
        } catch (WireException e) {
            return null;
        }
    }

    private PacketEvent read(byte[] value) {
        List<Packet> packets = new ArrayList<>();
        for (int i = 0; i < reader.packets(); i++) {
            packets.add(new Packet(
                    reader.sequence(i),
                    reader.timeNs(i),
                    reader.direction(i),
                    reader.flags(i),
                    reader.originalLength(i),
                    ByteBuffer.wrap(value, reader.dataOffset(i), reader.dataLength(i))));
        }
        return new PacketEvent.Batch(reader.session(), packets);
    }

    private static byte[] spliced(byte[] value, int at, int removed, byte[] added) {
        return ByteBuffer.allocate(value.length - removed + added.length)
                .put(value, 0, at)
                .put(added)
                .put(value, at + removed, value.length - at - removed)
                .array();
    }

    private static byte[] written(SessionId session, List<Packet> packets) {
        PacketBatch batch = new PacketBatch(session);
        for (Packet packet : packets) {
            ByteBuffer data = packet.data();
            int at = batch.add(
                    packet.sequence(),
                    packet.timeNs(),
                    packet.direction(),
                    packet.flags(),
                    packet.originalLength(),
                    data.remaining());
            data.get(data.position(), batch.array(), at, data.remaining());
        }
        return batch.take();
    }

    private static List<Packet> packets(int count, int bytesMax, int seed) {
        Random random = new Random(seed);
        List<Packet> packets = new ArrayList<>();
        long sequence = random.nextInt(10) == 0 ? random.nextLong(Long.MAX_VALUE / 2) : random.nextInt(1000);
        for (int i = 0; i < count; i++) {
            byte[] data = new byte[random.nextInt(bytesMax)];
            random.nextBytes(data);
            packets.add(new Packet(
                    sequence + i,
                    1_790_000_000_000_000_000L + random.nextLong(1_000_000_000_000L) * (random.nextBoolean() ? 1 : -1),
                    DIRECTIONS.get(random.nextInt(3)),
                    random.nextInt(16),
                    data.length + (random.nextBoolean() ? 0 : random.nextInt(300_000)),
                    ByteBuffer.wrap(data)));
        }
        return packets;
    }
}
