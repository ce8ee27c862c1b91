package org.lawtap.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lawtap.schemas.avro.EncryptedRecord;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.topics.SchemaId;

class EnvelopeCodecTest {
    private static final SessionId SESSION = SessionId.parse("00000000-0000-0000-0000-0000000000aa");

    @Test
    void theBytesAreTheDocumentedOnes() throws WireException {
        byte[] value = envelope(1, new byte[] {1, 2, 3});
        assertThat(HexFormat.of().formatHex(value))
                .isEqualTo("0000000009" + "48"
                        + "30303030303030302d303030302d303030302d303030302d303030303030303030306161" + "02" + "06"
                        + "010203");
        EnvelopeCodec.Envelope read = EnvelopeCodec.read(value);
        assertThat(read).isEqualTo(new EnvelopeCodec.Envelope(SESSION, 1, 44, 3));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 63", "63, 64", "64, 100", "8191, 8191", "8192, 8192", "9223372036854775807, 1100000"})
    void writesTheBytesThatTheGeneratedClassesWrite(long number, int length) throws WireException {
        byte[] ciphertext = new byte[length];
        Arrays.fill(ciphertext, (byte) 7);
        byte[] generated = new Frame<>(SchemaId.ENCRYPTED, EncryptedRecord.class)
                .encode(new EncryptedRecord(SESSION.value(), number, ByteBuffer.wrap(ciphertext)));
        byte[] value = envelope(number, ciphertext);
        assertThat(value).isEqualTo(generated);
        EnvelopeCodec.Envelope read = EnvelopeCodec.read(value);
        assertThat(read.session()).isEqualTo(SESSION);
        assertThat(read.number()).isEqualTo(number);
        assertThat(Arrays.copyOfRange(value, read.at(), read.at() + read.length()))
                .isEqualTo(ciphertext);
    }

    @Test
    void refusesEveryOtherLength() {
        byte[] value = envelope(300, new byte[20]);
        for (int length = 0; length <= value.length + 2; length++) {
            if (length != value.length) {
                refused(Arrays.copyOf(value, length));
            }
        }
    }

    @Test
    void refusesNumbersInALongerForm() {
        byte[] value = envelope(1, new byte[3]);
        byte[] longer = new byte[value.length + 1];
        System.arraycopy(value, 0, longer, 0, 42);
        longer[42] = (byte) 0x82;
        longer[43] = 0;
        System.arraycopy(value, 43, longer, 44, value.length - 43);
        refused(longer);
    }

    @Test
    void refusesANegativeNumberAndAnEndlessOne() {
        byte[] negative = envelope(1, new byte[3]);
        negative[42] = 1;
        refused(negative);
        byte[] endless = envelope(1, new byte[30]);
        Arrays.fill(endless, 42, endless.length, (byte) 0xff);
        refused(endless);
    }

    @Test
    void aPacketRecordIsNoEnvelope() {
        PacketBatch batch = new PacketBatch(SESSION);
        batch.add(0, 0, org.lawtap.schemas.model.Packet.Direction.UNKNOWN, 0, 0, 0);
        byte[] value = batch.take();
        assertThat(EnvelopeCodec.isEnvelope(value)).isFalse();
        refused(value);
    }

    private static void refused(byte[] value) {
        assertThatExceptionOfType(WireException.class).isThrownBy(() -> EnvelopeCodec.read(value));
    }

    private static byte[] envelope(long number, byte[] ciphertext) {
        byte[] head = new byte[EnvelopeCodec.HEAD_BYTES_MAX];
        int length = EnvelopeCodec.writeHead(SESSION, number, ciphertext.length, head);
        byte[] value = Arrays.copyOf(head, length + ciphertext.length);
        System.arraycopy(ciphertext, 0, value, length, ciphertext.length);
        return value;
    }
}
