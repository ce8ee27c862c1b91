package org.lawtap.deploy.bench.peer;

import java.nio.ByteBuffer;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.specific.SpecificRecordBase;

/** A packet as one record, in the shape of a class that Avro generates. Its public constructor without arguments is Avro's. */
public final class PlainPacket extends SpecificRecordBase {
    /** Found by Avro under this name. */
    public static final Schema SCHEMA$ = SchemaBuilder.record("PlainPacket")
            .namespace("org.lawtap.deploy.bench.peer")
            .fields()
            .requiredLong("time")
            .requiredInt("length")
            .requiredBytes("data")
            .endRecord();

    private static final long serialVersionUID = 1L;

    private long time;
    private int length;
    private transient ByteBuffer data = ByteBuffer.allocate(0);

    /** For Avro. */
    public PlainPacket() {}

    PlainPacket(long time, int length, ByteBuffer data) {
        this.time = time;
        this.length = length;
        this.data = data;
    }

    /** Avro makes objects of no class that it was not told to trust; to be called before it is used. */
    static void trust() {
        System.setProperty("org.apache.avro.SERIALIZABLE_CLASSES", "org.lawtap.deploy.bench.peer.PlainPacket");
    }

    long time() {
        return time;
    }

    int length() {
        return length;
    }

    ByteBuffer data() {
        return data;
    }

    @Override
    public Schema getSchema() {
        return SCHEMA$;
    }

    @Override
    public Object get(int field) {
        return switch (field) {
            case 0 -> time;
            case 1 -> length;
            case 2 -> data;
            default -> throw new IndexOutOfBoundsException("a packet has no field " + field);
        };
    }

    @Override
    public void put(int field, Object value) {
        switch (field) {
            case 0 -> time = (Long) value;
            case 1 -> length = (Integer) value;
            case 2 -> data = (ByteBuffer) value;
            default -> throw new IndexOutOfBoundsException("a packet has no field " + field);
        }
    }
}
