package org.lawtap.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;

class PacketBatchTest {
    private static final SessionId SESSION = SessionId.parse("00000000-0000-0000-0000-0000000000aa");

    private static final List<Packet.Direction> DIRECTIONS =
            List.of(Packet.Direction.UNKNOWN, Packet.Direction.FROM_POD, Packet.Direction.TO_POD);

    private final PacketBatch batch = new PacketBatch(SESSION);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 63, 64, 65, 8191, 8192, 8193})
    void writesTheBytesThatTheGeneratedClassesWrite(int packets) {
        assertThat(written(packets(packets, 100, 1))).isEqualTo(generated(packets(packets, 100, 1)));
    }

    @Test
    void writesTheSameBytesForEveryLengthFlagAndTime() {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            List<Packet> packets = packets(1 + random.nextInt(20), 1 + random.nextInt(20_000), round);
            assertThat(written(packets)).as("round %d", round).isEqualTo(generated(packets));
        }
    }

    @Test
    void writesTheLargestNumbers() {
        List<Packet> packets = List.of(new Packet(
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                Packet.Direction.TO_POD,
                -1,
                Integer.MAX_VALUE,
                ByteBuffer.allocate(0)));
        assertThat(written(packets)).isEqualTo(generated(packets));
    }

    @Test
    void isEmptyAfterItWasTaken() {
        written(packets(3, 500, 1));
        assertThat(batch.packets()).isZero();
        assertThat(batch.size()).isZero();
        assertThat(written(packets(2, 9, 2))).isEqualTo(generated(packets(2, 9, 2)));
        assertThatThrownBy(batch::take).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void givesALargeBufferBackWhenItGetsQuiet() {
        written(packets(100, 10_000, 1));
        for (int i = 0; i < 10; i++) {
            assertThat(written(packets(1, 60, i))).isEqualTo(generated(packets(1, 60, i)));
        }
        assertThat(batch.array().length).isLessThan(10_000);
    }

    private byte[] written(List<Packet> packets) {
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

    private static byte[] generated(List<Packet> packets) {
        return PacketCodec.encode(new PacketEvent.Batch(SESSION, packets));
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
