package org.lawtap.schemas.topics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.junit.jupiter.api.Test;

/**
 * Topics are kept for years: each schema reads what every release wrote, and every release reads what it writes (FULL_TRANSITIVE, as
 * registries call it). The copies in {@code released/VERSION} are made when a release is; they never change.
 */
class CompatibilityTest {
    private static final Path RELEASED = Path.of("src", "test", "resources", "released");
    private static final Schema BEFORE = new Schema.Parser()
            .parse("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"long\"}]}");

    @Test
    void everySchemaReadsAndIsReadByEveryRelease() throws IOException {
        Map<String, Schema> present = present();
        List<Path> releases = list(RELEASED);
        assertThat(releases).isNotEmpty();
        for (Path release : releases) {
            Map<String, Schema> released = schemas(release);
            assertThat(released).as(release.toString()).isNotEmpty();
            released.forEach((name, old) -> {
                assertThat(present).as("a schema of " + release + " is gone").containsKey(name);
                Schema now = Objects.requireNonNull(present.get(name));
                assertThat(incompatibilities(now, old))
                        .as(name + " reads what " + release + " wrote")
                        .isEmpty();
                assertThat(incompatibilities(old, now))
                        .as(release + " reads what is written as " + name)
                        .isEmpty();
            });
        }
    }

    @Test
    void aNewFieldWithoutADefaultIsFound() {
        Schema after = new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"long\"},"
                        + "{\"name\":\"b\",\"type\":\"string\"}]}");
        assertThat(incompatibilities(after, BEFORE)).hasSize(1);
        assertThat(incompatibilities(BEFORE, after)).isEmpty();
    }

    @Test
    void aTypeThatOnlyNewReadersBearIsFound() {
        Schema after = new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"double\"}]}");
        assertThat(incompatibilities(after, BEFORE)).isEmpty();
        assertThat(incompatibilities(BEFORE, after)).hasSize(1);
    }

    private static List<String> incompatibilities(Schema reader, Schema writer) {
        SchemaCompatibility.SchemaCompatibilityResult result = SchemaCompatibility.checkReaderWriterCompatibility(
                        reader, writer)
                .getResult();
        return result.getCompatibility() == SchemaCompatibilityType.COMPATIBLE
                ? List.of()
                : result.getIncompatibilities().stream()
                        .map(found -> found.getLocation() + ": " + found.getMessage())
                        .toList();
    }

    private static Map<String, Schema> present() {
        Map<String, Schema> schemas = new TreeMap<>();
        for (SchemaId id : SchemaId.values()) {
            schemas.put(id.name().toLowerCase(Locale.ROOT) + ".avsc", id.schema());
        }
        return schemas;
    }

    /** Each is whole: what {@code lawtap schema NAME} prints. */
    private static Map<String, Schema> schemas(Path directory) throws IOException {
        Map<String, Schema> schemas = new TreeMap<>();
        for (Path file : list(directory)) {
            schemas.put(String.valueOf(file.getFileName()), new Schema.Parser().parse(Files.readString(file)));
        }
        return schemas;
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }
}
