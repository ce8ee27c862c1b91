package org.lawtap.schemas.content;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.model.WrappedKey;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.wire.PacketCodec;

class ContentReaderTest {
    private static final WarrantId WARRANT = WarrantId.parse("0b5a9a52-7a2e-4d0c-9a3e-111111111111");
    private static final SessionId SESSION = SessionId.parse("aaaaaaaa-0000-4000-8000-000000000001");
    private static final SessionId OTHER = SessionId.parse("bbbbbbbb-0000-4000-8000-000000000001");
    private static final String CANARY = "canary-7f3a";

    private final KeyPair delivery = DeliveryKeys.generate();
    private final ContentWriter writer = new ContentWriter();
    private final ContentKey key = ContentKey.random();
    private final ContentReader reader = new ContentReader(WARRANT, only(delivery));

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 65_536, 1_500_000})
    void whatWasWrittenIsRead(int bytes) throws DeliveryKeyMissingException {
        reader.read(opening(SESSION, WARRANT, key));
        byte[] compressible = batch(SESSION, new byte[bytes]);
        byte[] random = batch(SESSION, random(bytes));
        assertThat(reader.read(writer.envelope(key, SESSION, 1, compressible))).isEqualTo(compressible);
        assertThat(reader.read(writer.envelope(key, SESSION, 2, random))).isEqualTo(random);
    }

    @Test
    void contentThatCanBeMadeSmallerIs() {
        assertThat(writer.envelope(key, SESSION, 1, batch(SESSION, new byte[60_000])))
                .hasSizeLessThan(1000);
        assertThat(writer.envelope(key, SESSION, 2, batch(SESSION, random(60_000))))
                .hasSizeLessThan(60_300);
    }

    @Test
    void anEnvelopeShowsNothingOfWhatIsInside() {
        byte[] value = batch(SESSION, (CANARY + " " + CANARY).getBytes(StandardCharsets.US_ASCII));
        assertThat(new String(value, StandardCharsets.ISO_8859_1)).contains(CANARY);
        assertThat(new String(writer.envelope(key, SESSION, 1, value), StandardCharsets.ISO_8859_1))
                .doesNotContain(CANARY);
    }

    @Test
    void theSameValueTwiceIsTwoDifferentEnvelopes() {
        byte[] value = batch(SESSION, new byte[100]);
        byte[] one = writer.envelope(key, SESSION, 1, value);
        byte[] two = writer.envelope(key, SESSION, 2, value);
        assertThat(HexFormat.of().formatHex(one).substring(120))
                .isNotEqualTo(HexFormat.of().formatHex(two).substring(120));
    }

    @Test
    void aNumberIsNotEncryptedTwice() {
        writer.envelope(key, SESSION, 3, new byte[10]);
        assertThatIllegalStateException().isThrownBy(() -> writer.envelope(key, SESSION, 3, new byte[11]));
    }

    @Test
    void everyFlippedBitIsRefused() throws DeliveryKeyMissingException {
        reader.read(opening(SESSION, WARRANT, key));
        byte[] envelope = writer.envelope(key, SESSION, 1, batch(SESSION, random(40)));
        for (int at = 0; at < envelope.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = envelope.clone();
                changed[at] ^= (byte) (1 << bit);
                assertThat(reader.read(changed)).as("byte %d, bit %d", at, bit).isSameAs(changed);
            }
        }
    }

    @Test
    void everyShortenedEnvelopeIsRefused() throws DeliveryKeyMissingException {
        reader.read(opening(SESSION, WARRANT, key));
        byte[] envelope = writer.envelope(key, SESSION, 1, batch(SESSION, random(40)));
        for (int length = 0; length < envelope.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(envelope, length);
            assertThat(reader.read(cut)).isSameAs(cut);
        }
    }

    @Test
    void anEnvelopeOfAnotherSessionIsRefused() throws DeliveryKeyMissingException {
        reader.read(opening(SESSION, WARRANT, key));
        reader.read(opening(OTHER, WARRANT, ContentKey.random()));
        byte[] foreign = writer.envelope(key, OTHER, 1, batch(SESSION, random(40)));
        assertThat(reader.read(foreign)).isSameAs(foreign);
    }

    @Test
    void anEnvelopeBeforeItsOpeningIsRefused() throws DeliveryKeyMissingException {
        byte[] envelope = writer.envelope(key, SESSION, 1, batch(SESSION, random(40)));
        assertThat(reader.read(envelope)).isSameAs(envelope);
    }

    @Test
    void aSecondOpeningDoesNotReplaceTheKey() throws DeliveryKeyMissingException {
        byte[] value = batch(SESSION, random(40));
        reader.read(opening(SESSION, WARRANT, key));
        reader.read(opening(SESSION, WARRANT, ContentKey.random()));
        assertThat(reader.read(writer.envelope(key, SESSION, 1, value))).isEqualTo(value);
    }

    @Test
    void aSessionOfAnotherWarrantTeachesNothing() throws DeliveryKeyMissingException {
        reader.read(opening(SESSION, WarrantId.random(), key));
        byte[] envelope = writer.envelope(key, SESSION, 1, batch(SESSION, random(40)));
        assertThat(reader.read(envelope)).isSameAs(envelope);
    }

    @Test
    void aKeyWrappedForAnotherWarrantOpensNothing() throws DeliveryKeyMissingException {
        WrappedKey wrapped = key.wrap(DeliveryKeys.publicHalf(delivery), WarrantId.random(), SESSION);
        reader.read(PacketCodec.encode(new PacketEvent.Opened(SESSION, statement(WARRANT, wrapped))));
        byte[] envelope = writer.envelope(key, SESSION, 1, batch(SESSION, random(40)));
        assertThat(reader.read(envelope)).isSameAs(envelope);
    }

    @Test
    void aKeyThatNobodyWillBringHoldsNothingUp() throws DeliveryKeyMissingException {
        ContentReader without = new ContentReader(WARRANT, keyId -> Optional.empty());
        byte[] opening = opening(SESSION, WARRANT, key);
        assertThat(without.read(opening)).isSameAs(opening);
        byte[] envelope = writer.envelope(key, SESSION, 1, batch(SESSION, random(40)));
        assertThat(without.read(envelope)).isSameAs(envelope);
    }

    @Test
    void aMissingKeyIsToldAndTheSameRecordIsReadLater() throws DeliveryKeyMissingException {
        List<KeyPair> atHand = new ArrayList<>();
        ContentReader waiting = new ContentReader(WARRANT, keyId -> {
            if (atHand.isEmpty()) {
                throw new DeliveryKeyMissingException(keyId);
            }
            return Optional.of(atHand.getFirst());
        });
        byte[] opening = opening(SESSION, WARRANT, key);
        assertThatExceptionOfType(DeliveryKeyMissingException.class)
                .isThrownBy(() -> waiting.read(opening))
                .satisfies(missing -> assertThat(missing.keyId())
                        .isEqualTo(DeliveryKeys.publicHalf(delivery).id()));
        atHand.add(delivery);
        byte[] value = batch(SESSION, random(40));
        assertThat(waiting.read(opening)).isSameAs(opening);
        assertThat(waiting.read(writer.envelope(key, SESSION, 1, value))).isEqualTo(value);
    }

    @Test
    void whatHasNoEnvelopeIsReturnedAsItIs() throws DeliveryKeyMissingException {
        byte[] batch = batch(SESSION, random(40));
        assertThat(reader.read(batch)).isSameAs(batch);
        assertThat(reader.read(null)).isNull();
        byte[] nothing = {};
        assertThat(reader.read(nothing)).isSameAs(nothing);
    }

    /** The bytes of docs/decisions/0013, made by another implementation. */
    @Test
    void readsTheDocumentsExample() throws DeliveryKeyMissingException {
        ContentReader examples = new ContentReader(Example.WARRANT, only(Example.DELIVERY));
        WrappedKey wrapped = new WrappedKey(
                DeliveryKeys.publicHalf(Example.DELIVERY).id(),
                hex("302a300506032b656e032100" + Example.EPHEMERAL),
                hex(Example.WRAPPED));
        examples.read(PacketCodec.encode(new PacketEvent.Opened(Example.SESSION, statement(Example.WARRANT, wrapped))));
        assertThat(new String(
                        requireNonNull(examples.read(HexFormat.of().parseHex(Example.ENVELOPE))),
                        StandardCharsets.US_ASCII))
                .isEqualTo(Example.VALUE);
    }

    private static ByteBuffer hex(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
    }

    private static ContentReader.Keys only(KeyPair pair) {
        Sha256 id = DeliveryKeys.publicHalf(pair).id();
        return keyId -> keyId.equals(id) ? Optional.of(pair) : Optional.empty();
    }

    private byte[] opening(SessionId session, WarrantId warrant, ContentKey sessionKey) {
        return PacketCodec.encode(new PacketEvent.Opened(
                session, statement(warrant, sessionKey.wrap(DeliveryKeys.publicHalf(delivery), warrant, session))));
    }

    private static byte[] batch(SessionId session, byte[] data) {
        return PacketCodec.encode(new PacketEvent.Batch(
                session, List.of(new Packet(0, 1, Packet.Direction.FROM_POD, 0, data.length, ByteBuffer.wrap(data)))));
    }

    private static byte[] random(int bytes) {
        byte[] data = new byte[bytes];
        new Random(bytes).nextBytes(data);
        return data;
    }

    private static SessionOpened statement(WarrantId warrant, WrappedKey wrapped) {
        return new SessionOpened(
                warrant,
                1,
                null,
                new PodRef(new ClusterId("c1"), new Namespace("shop"), new PodName("web"), new PodUid("uid")),
                new NodeName("n1"),
                "veth1",
                7,
                "eth0",
                ByteBuffer.allocate(6),
                1,
                "boot",
                "Linux 6.1",
                "ring",
                1,
                262_144,
                null,
                false,
                1,
                0,
                ByteBuffer.allocate(44),
                new InterfaceCounters(0, 0, 0, 0, 0, 0),
                wrapped);
    }
}
