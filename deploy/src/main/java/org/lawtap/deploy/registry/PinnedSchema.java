package org.lawtap.deploy.registry;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.lawtap.schemas.topics.SchemaId;
import org.lawtap.schemas.topics.Topic;

/**
 * A schema, the number it has in every record, and the subject that a registry keeps it under.
 *
 * <pre>
 *   values of a topic that is always there     TOPIC-value
 *   values of packet topics, one a warrant     the record's full name
 * </pre>
 */
record PinnedSchema(String subject, int id, Schema schema) {
    /** All that records are written with. */
    static List<PinnedSchema> all() {
        List<PinnedSchema> all = new ArrayList<>();
        Set<SchemaId> left = EnumSet.allOf(SchemaId.class);
        for (Topic topic : Topic.BASE) {
            SchemaId schema = topic.schema();
            if (schema != null) {
                all.add(new PinnedSchema(topic.name() + "-value", schema.id(), schema.schema()));
                left.remove(schema);
            }
        }
        for (SchemaId schema : left) {
            all.add(new PinnedSchema(schema.schema().getFullName(), schema.id(), schema.schema()));
        }
        return all;
    }

    /** What is sent to a registry. */
    String text() {
        return schema.toString();
    }

    /** Whether this text is the same schema, however it is laid out. */
    boolean isSame(String text) {
        try {
            return schema.equals(new Schema.Parser().parse(text));
        } catch (AvroRuntimeException e) {
            return false;
        }
    }
}
