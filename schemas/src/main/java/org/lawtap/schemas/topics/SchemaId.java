package org.lawtap.schemas.topics;

import org.apache.avro.Schema;
import org.apache.avro.SchemaFormatter;
import org.lawtap.schemas.avro.CommandRecord;
import org.lawtap.schemas.avro.CustodyRecord;
import org.lawtap.schemas.avro.EncryptedRecord;
import org.lawtap.schemas.avro.PacketRecord;
import org.lawtap.schemas.avro.PodRecord;
import org.lawtap.schemas.avro.SignedWarrant;

/** The pinned number of each schema; a registry, where there is one, is told these, not asked for others. */
public enum SchemaId {
    PODS(1, PodRecord.getClassSchema()),
    WARRANTS(2, SignedWarrant.getClassSchema()),
    COMMANDS(3, CommandRecord.getClassSchema()),
    /** 4, 6, 7 and 8 were earlier forms, without unseen packets, seals, content keys, the clock and the scope; they were never released. */
    PACKETS(10, PacketRecord.getClassSchema()),
    /** In the topics of {@link #PACKETS}, too. */
    ENCRYPTED(9, EncryptedRecord.getClassSchema()),
    CUSTODY(5, CustodyRecord.getClassSchema());

    private final int id;
    private final Schema schema;

    SchemaId(int id, Schema schema) {
        this.id = id;
        this.schema = schema;
    }

    /** The number in bytes 1 to 4 of every value. */
    public int id() {
        return id;
    }

    /** The whole schema, every named type defined inside it. */
    public Schema schema() {
        return schema;
    }

    /** The whole schema as the text of an .avsc file. */
    public String json() {
        return SchemaFormatter.format("json/pretty", schema);
    }
}
