package org.lawtap.schemas.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.model.WrappedKey;
import org.lawtap.schemas.order.DeliveryKeys;

class ContentKeyTest {
    private static final WarrantId WARRANT = WarrantId.parse("0b5a9a52-7a2e-4d0c-9a3e-111111111111");
    private static final SessionId SESSION = SessionId.parse("aaaaaaaa-0000-4000-8000-000000000001");
    private static final KeyPair DELIVERY = DeliveryKeys.generate();

    private final ContentKey key = ContentKey.random();
    private final WrappedKey wrapped = key.wrap(DeliveryKeys.publicHalf(DELIVERY), WARRANT, SESSION);

    @Test
    void theDeliveryKeyUnwrapsIt() throws ContentException {
        assertThat(ContentKey.unwrap(wrapped, DELIVERY, WARRANT, SESSION).key()).isEqualTo(key.key());
        assertThat(wrapped.deliveryKeyId())
                .isEqualTo(DeliveryKeys.publicHalf(DELIVERY).id());
        assertThat(wrapped.wrappedKey().remaining()).isEqualTo(48);
        assertThat(wrapped.ephemeralKey().remaining()).isEqualTo(44);
    }

    @Test
    void anotherDeliveryKeyDoesNot() {
        refused(wrapped, DeliveryKeys.generate(), WARRANT, SESSION);
    }

    @Test
    void noOtherWarrantOrSessionTakesIt() {
        refused(wrapped, DELIVERY, WarrantId.random(), SESSION);
        refused(wrapped, DELIVERY, WARRANT, SessionId.random());
    }

    @Test
    void everyChangedByteIsRefused() {
        for (int at = 0; at < wrapped.wrappedKey().remaining(); at++) {
            refused(
                    new WrappedKey(wrapped.deliveryKeyId(), wrapped.ephemeralKey(), changed(wrapped.wrappedKey(), at)),
                    DELIVERY,
                    WARRANT,
                    SESSION);
        }
        for (int at = 0; at < wrapped.ephemeralKey().remaining(); at++) {
            refused(
                    new WrappedKey(wrapped.deliveryKeyId(), changed(wrapped.ephemeralKey(), at), wrapped.wrappedKey()),
                    DELIVERY,
                    WARRANT,
                    SESSION);
        }
    }

    @Test
    void noTwoSessionsHaveAKeyInCommon() {
        assertThat(ContentKey.random().key()).isNotEqualTo(key.key());
        WrappedKey again = key.wrap(DeliveryKeys.publicHalf(DELIVERY), WARRANT, SESSION);
        assertThat(again.ephemeralKey()).isNotEqualTo(wrapped.ephemeralKey());
        assertThat(again.wrappedKey()).isNotEqualTo(wrapped.wrappedKey());
    }

    @Test
    void aNumberEncryptsOnce() {
        key.claim(1);
        key.claim(5);
        assertThatIllegalStateException().isThrownBy(() -> key.claim(5));
        assertThatIllegalStateException().isThrownBy(() -> key.claim(2));
        key.claim(6);
    }

    /** The bytes of docs/decisions/0013, made by another implementation. */
    @Test
    void unwrapsWhatTheDocumentsExampleWrapped() throws ContentException {
        WrappedKey example = new WrappedKey(
                DeliveryKeys.publicHalf(Example.DELIVERY).id(),
                hex("302a300506032b656e032100" + Example.EPHEMERAL),
                hex(Example.WRAPPED));
        assertThat(ContentKey.unwrap(example, Example.DELIVERY, Example.WARRANT, Example.SESSION)
                        .key()
                        .getEncoded())
                .isEqualTo(HexFormat.of().parseHex(Example.CONTENT_KEY));
    }

    private static ByteBuffer hex(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
    }

    private static void refused(WrappedKey wrapped, KeyPair delivery, WarrantId warrant, SessionId session) {
        assertThatExceptionOfType(ContentException.class)
                .isThrownBy(() -> ContentKey.unwrap(wrapped, delivery, warrant, session));
    }

    private static ByteBuffer changed(ByteBuffer buffer, int at) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        bytes[at] ^= 1;
        return ByteBuffer.wrap(bytes);
    }
}
