package org.lawtap.schemas.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.topics.SchemaId;

/**
 * A Kafka value: Avro binary behind the five bytes that every schema-registry tool knows.
 *
 * <pre>
 *   0      1                5
 *   +------+----------------+-----------------------+
 *   | 0x00 | schema id, u32 | Avro binary encoding  |
 *   +------+----------------+-----------------------+
 * </pre>
 *
 * The id is pinned per schema in {@link SchemaId}; no registry is asked.
 */
final class Frame<T extends SpecificRecord> {
    static final int HEAD_BYTES = 5;

    static {
        // Avro 1.12.2 loads only classes it was told to trust; ours live in one package.
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(
                ClassSecurityValidator.DEFAULT, type -> type.getPackageName().equals("org.lawtap.schemas.avro")));
    }

    private final int id;
    private final SpecificDatumWriter<T> writer;
    private final SpecificDatumReader<T> reader;

    Frame(SchemaId id, Class<T> type) {
        SpecificData data = SpecificData.getForClass(type);
        Schema schema = id.schema();
        this.id = id.id();
        this.writer = new SpecificDatumWriter<>(schema, data);
        this.reader = new SpecificDatumReader<>(schema, schema, data);
    }

    byte[] encode(T value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        out.writeBytes(ByteBuffer.allocate(HEAD_BYTES).put((byte) 0).putInt(id).array());
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        try {
            writer.write(value, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    /** Avro binary of a record without anything in front. */
    static byte[] bare(SpecificRecord value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        try {
            new SpecificDatumWriter<>(value.getSchema(), SpecificData.getForSchema(value.getSchema()))
                    .write(value, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    T decode(byte @Nullable [] bytes) throws WireException {
        if (bytes == null) {
            throw new WireException("a record without a value", new NullPointerException());
        }
        try {
            if (bytes.length < HEAD_BYTES || bytes[0] != 0) {
                throw new IllegalArgumentException("no schema id in front");
            }
            int found = ByteBuffer.wrap(bytes, 1, 4).getInt();
            if (found != id) {
                throw new IllegalArgumentException("schema id " + found + " where " + id + " is expected");
            }
            BinaryDecoder decoder =
                    DecoderFactory.get().binaryDecoder(bytes, HEAD_BYTES, bytes.length - HEAD_BYTES, null);
            T value = reader.read(null, decoder);
            if (!decoder.isEnd()) {
                throw new IllegalArgumentException("bytes after the record's end");
            }
            return value;
        } catch (IOException | RuntimeException e) {
            throw new WireException(
                    "value of " + bytes.length + " bytes is not a record of schema " + id + ": " + e.getMessage(), e);
        }
    }
}
