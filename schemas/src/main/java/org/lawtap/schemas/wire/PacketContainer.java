package org.lawtap.schemas.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.avro.PacketRecord;
import org.lawtap.schemas.topics.SchemaId;

/**
 * Packet records as one Avro object container file, which carries its schema: tools that read Avro read it without a registry. A record
 * stands in it as it does in Kafka behind its frame, to the byte. Owned by one thread.
 */
public final class PacketContainer implements AutoCloseable {
    private final DataFileWriter<PacketRecord> writer;

    private PacketContainer(DataFileWriter<PacketRecord> writer) {
        this.writer = writer;
    }

    /** Begins a container; closing it closes the stream. */
    public static PacketContainer begin(OutputStream out) throws IOException {
        DataFileWriter<PacketRecord> writer = new DataFileWriter<>(new SpecificDatumWriter<>(PacketRecord.class));
        writer.create(SchemaId.PACKETS.schema(), out);
        return new PacketContainer(writer);
    }

    /** Adds a value of a packet topic, out of its envelope. @throws WireException if it is no packet record; nothing is added then */
    public void add(byte @Nullable [] value) throws WireException, IOException {
        PacketCodec.decode(value);
        ByteBuffer record = ByteBuffer.wrap(Objects.requireNonNull(value));
        writer.appendEncoded(record.position(Frame.HEAD_BYTES));
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
