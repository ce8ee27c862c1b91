package org.lawtap.schemas.wire;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.model.Chain;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.order.OrderKeys;

class SealTest {
    private static final SessionId SESSION = SessionId.parse("00000000-0000-0000-0000-0000000000aa");
    private static final KeyPair KEYS = OrderKeys.generate();
    private static final Sha256 KEY_ID = new Sha256(OrderKeys.keyId(KEYS.getPublic()));

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 8, 250})
    void sealsManyCheckpointsWithOneSignature(int checkpoints) throws WireException {
        List<byte[]> values = sealed(checkpoints);
        byte[] signature = seal(values.getFirst()).signature();
        for (int i = 0; i < checkpoints; i++) {
            Seal seal = seal(values.get(i));
            assertThat(seal.verifies(values.get(i), KEYS.getPublic())).isTrue();
            assertThat(seal.signature()).isEqualTo(signature);
            assertThat(PacketCodec.decode(values.get(i))).isEqualTo(checkpoint(i));
            assertThat(seal.verifies(values.get((i + 1) % checkpoints), KEYS.getPublic()))
                    .isEqualTo(checkpoints == 1);
        }
    }

    @Test
    void noFlippedBitPasses() {
        byte[] value = sealed(3).get(1);
        for (int at = 0; at < value.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = value.clone();
                changed[at] ^= (byte) (1 << bit);
                assertThat(passes(changed)).as("byte %d, bit %d", at, bit).isFalse();
            }
        }
    }

    @Test
    void anotherKeysSealDoesNotPass() throws WireException {
        byte[] value = sealed(2).getFirst();
        assertThat(seal(value).verifies(value, OrderKeys.generate().getPublic()))
                .isFalse();
    }

    @Test
    void anUnsealedCheckpointHasNone() throws WireException {
        assertThat(PacketCodec.seal(PacketCodec.encode(checkpoint(0)))).isNull();
    }

    private static boolean passes(byte[] value) {
        try {
            Seal seal = PacketCodec.seal(value);
            return seal != null && seal.verifies(value, KEYS.getPublic());
        } catch (WireException e) {
            return false;
        }
    }

    private static Seal seal(byte[] value) throws WireException {
        return requireNonNull(PacketCodec.seal(value));
    }

    private static List<byte[]> sealed(int checkpoints) {
        List<byte[]> unsealed = new ArrayList<>();
        for (int i = 0; i < checkpoints; i++) {
            unsealed.add(PacketCodec.encode(checkpoint(i)));
        }
        List<Seal> seals = Seal.sign(unsealed.stream().map(PacketCodec::covered).toList(), KEYS.getPrivate(), KEY_ID);
        List<byte[]> values = new ArrayList<>();
        for (int i = 0; i < checkpoints; i++) {
            values.add(PacketCodec.sealed(unsealed.get(i), seals.get(i)));
        }
        return values;
    }

    private static PacketEvent checkpoint(int number) {
        return new PacketEvent.Accounted(
                SESSION,
                new Checkpoint(
                        number,
                        1_790_000_000_000_000_000L,
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
                        new InterfaceCounters(1, 1, 1, 1, 1, 1),
                        new InterfaceCounters(1, 2, 3, 4, 5, 6),
                        true,
                        null,
                        new Chain(number, KEY_ID, number == 0 ? null : KEY_ID)));
    }
}
