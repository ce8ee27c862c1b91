package org.lawtap.schemas.topics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Values of these schemas are kept for years: a change here needs a new id, never a new fingerprint. */
class SchemaIdTest {
    private static final Pattern LOGICAL_TYPE = Pattern.compile("\"logicalType\" : \"([a-z-]+)\"");

    @ParameterizedTest
    @CsvSource({
        "PODS, 1, 5efd4e070d4e6f13",
        "WARRANTS, 2, 313fd7e694657778",
        "COMMANDS, 3, 7a678cde8bf85f29",
        "PACKETS, 10, c5663e9dacf3fa86",
        "ENCRYPTED, 9, fe82137b372dc756",
        "CUSTODY, 5, c8510ca3f720edef",
    })
    void idAndFingerprintArePinned(SchemaId schema, int id, String fingerprint) {
        assertThat(schema.id()).isEqualTo(id);
        assertThat(Long.toHexString(SchemaNormalization.parsingFingerprint64(schema.schema())))
                .isEqualTo(fingerprint);
    }

    /** Avro's fingerprint leaves logical types out, yet micros read as nanos would be a lie. */
    @ParameterizedTest
    @CsvSource({
        "PODS, timestamp-micros timestamp-micros",
        "WARRANTS, ''",
        "COMMANDS, timestamp-micros timestamp-micros uuid timestamp-micros",
        "PACKETS, uuid uuid uuid timestamp-nanos timestamp-nanos timestamp-nanos",
        "ENCRYPTED, uuid",
        "CUSTODY, uuid timestamp-micros uuid uuid",
    })
    void logicalTypesArePinned(SchemaId schema, String types) {
        Matcher matcher = LOGICAL_TYPE.matcher(schema.json());
        assertThat(matcher.results().map(found -> found.group(1)).collect(Collectors.joining(" ")))
                .isEqualTo(types);
    }

    @ParameterizedTest
    @EnumSource
    void theJsonIsTheWholeSchema(SchemaId schema) {
        assertThat(new Schema.Parser().parse(schema.json())).isEqualTo(schema.schema());
    }

    @Test
    void idsAreDifferent() {
        assertThat(SchemaId.values()).extracting(SchemaId::id).doesNotHaveDuplicates();
    }
}
