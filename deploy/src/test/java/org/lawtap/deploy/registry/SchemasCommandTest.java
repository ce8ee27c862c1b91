package org.lawtap.deploy.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.topics.SchemaId;
import org.lawtap.schemas.topics.Topic;

/** Registering in a registry with Confluent's rules. */
class SchemasCommandTest {
    private static final String STRANGER = "{\"type\":\"record\",\"name\":\"Stranger\",\"fields\":[]}";
    private static final String PACKETS = "org.lawtap.schemas.avro.PacketRecord";

    @TempDir
    Path directory;

    private MemoryRegistry registry;

    @BeforeEach
    void start() throws IOException {
        registry = MemoryRegistry.start();
    }

    @AfterEach
    void close() {
        registry.close();
    }

    @Test
    void everySchemaHasItsPinnedIdAndItsSubject() {
        assertThat(PinnedSchema.all())
                .extracting(schema -> schema.id() + " " + schema.subject())
                .containsExactlyInAnyOrder(
                        "1 lawtap.pods-value",
                        "2 lawtap.warrants-value",
                        "3 lawtap.commands-value",
                        "5 lawtap.custody-value",
                        "10 org.lawtap.schemas.avro.PacketRecord",
                        "9 org.lawtap.schemas.avro.EncryptedRecord");
        assertThat(PinnedSchema.all()).hasSameSizeAs(SchemaId.values());
    }

    @Test
    void registersEachUnderItsIdAndLeavesNoModeBehind() {
        Commanded done = Commanded.register(registry.url());
        assertThat(done.err()).isEmpty();
        assertThat(done.code()).isZero();
        assertThat(done.out()).contains("  10  " + PACKETS).containsPattern("registered\\s+$");
        for (PinnedSchema schema : PinnedSchema.all()) {
            assertThat(registry.ids(schema.subject())).as(schema.subject()).containsExactly(schema.id());
        }
        assertThat(registry.modes()).isEmpty();
        assertThat(registry.compatibilities())
                .isEqualTo(PinnedSchema.all().stream()
                        .collect(Collectors.toMap(PinnedSchema::subject, any -> "FULL_TRANSITIVE")));
    }

    @Test
    void whatIsThereIsNotTouchedAgain() {
        Commanded.register(registry.url());
        int writes = registry.writes();
        Commanded again = Commanded.register(registry.url() + "/");
        assertThat(again.code()).isZero();
        assertThat(again.out().lines()).hasSize(6).allMatch(line -> line.endsWith("is there"));
        assertThat(registry.writes()).isEqualTo(writes);
    }

    @Test
    void aDryRunChangesNothing() {
        Commanded done = Commanded.register(registry.url(), "--dry-run");
        assertThat(done.code()).isZero();
        assertThat(done.out().lines()).hasSize(6).allMatch(line -> line.endsWith("would be registered"));
        assertThat(registry.writes()).isZero();
    }

    @Test
    void anEarlierVersionStaysBeforeTheNewOneAndTheModeAsItWas() {
        String subject = Topic.PODS.name() + "-value";
        registry.put(subject, 77, STRANGER);
        registry.setMode(subject, "READWRITE");
        assertThat(Commanded.register(registry.url()).code()).isZero();
        assertThat(registry.ids(subject)).containsExactly(77, 1);
        assertThat(registry.modes()).isEqualTo(Map.of(subject, "READWRITE"));
    }

    @Test
    void idsThatAreTakenStopAllOfIt() {
        registry.put("others", 10, STRANGER);
        registry.put("more", 2, STRANGER);
        Commanded refused = Commanded.register(registry.url());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err())
                .contains("the id 10 of " + PACKETS + " is another schema's there")
                .contains("the id 2 of lawtap.warrants-value is another schema's there")
                .contains("Nothing was changed");
        assertThat(registry.writes()).isZero();
    }

    @Test
    void aSchemaUnderAnotherIdStopsAllOfIt() {
        registry.put(PACKETS, 4711, SchemaId.PACKETS.json());
        Commanded refused = Commanded.register(registry.url());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains(PACKETS + " has its schema under the id 4711 instead of 10");
        assertThat(registry.writes()).isZero();
    }

    @Test
    void aRegistryThatPassesOverIdsIsFound() {
        registry.put("others", 100, STRANGER);
        registry.breakWith(MemoryRegistry.Fault.IDS_PASSED_OVER);
        Commanded refused = Commanded.register(registry.url());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("gave lawtap.pods-value the id 101 instead of 1: it does not import ids");
        assertThat(registry.modes()).isEmpty();
    }

    @Test
    void theModeIsTakenBackWhereRegisteringFails() {
        registry.breakWith(MemoryRegistry.Fault.FULL);
        Commanded refused = Commanded.register(registry.url());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("refused: HTTP 500, the backend is full");
        assertThat(registry.modes()).isEmpty();
    }

    @Test
    void aRegistryThatGivesSomethingElseBackIsFound() {
        registry.breakWith(MemoryRegistry.Fault.FORGETFUL);
        Commanded refused = Commanded.register(registry.url());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("took lawtap.pods-value and does not give it back under the id 1");
    }

    @Test
    void whoAsksIsSaidByAFile() throws IOException {
        registry.demand("Basic bGF3dGFwOnM6ZWNyZXQ=");
        Commanded unnamed = Commanded.register(registry.url());
        assertThat(unnamed.code()).isEqualTo(78);
        assertThat(unnamed.err()).contains("(HTTP 401, Unauthorized)").contains("--credentials");
        assertThat(Commanded.register(registry.url(), "--credentials", file("basic lawtap:other")))
                .satisfies(wrong -> assertThat(wrong.code()).isEqualTo(78))
                .satisfies(wrong -> assertThat(wrong.err()).contains("does not accept what is in this one"));
        assertThat(Commanded.register(registry.url(), "--credentials", file("basic lawtap:s:ecret\n"))
                        .code())
                .isZero();
        registry.demand("Bearer a.b.c");
        assertThat(Commanded.register(registry.url(), "--credentials", file("bearer a.b.c"))
                        .code())
                .isZero();
    }

    @Test
    void aFileOfAnotherFormIsRefusedAndNotShown() throws IOException {
        for (String wrong : List.of("lawtap:secret", "basic secret", "bearer", "", "basic a:secret\nbasic b:secret")) {
            Commanded refused = Commanded.register(registry.url(), "--credentials", file(wrong));
            assertThat(refused.code()).as(wrong).isEqualTo(78);
            assertThat(refused.err()).contains("must be one line").doesNotContain("secret");
        }
        Commanded missing = Commanded.register(registry.url(), "--credentials", "/nowhere/credentials");
        assertThat(missing.code()).isEqualTo(78);
        assertThat(missing.err()).contains("/nowhere/credentials can't be read");
    }

    @Test
    void noRegistryIsSaidToBeNone() throws IOException {
        Commanded elsewhere = Commanded.register(registry.url() + "/api");
        assertThat(elsewhere.code()).isEqualTo(1);
        assertThat(elsewhere.err()).contains("is no schema registry with Confluent's API (HTTP 404)");
        String url = registry.url();
        registry.close();
        Commanded nowhere = Commanded.register(url);
        assertThat(nowhere.code()).isEqualTo(1);
        assertThat(nowhere.err()).contains("can't be reached: nothing answers there");
        registry = MemoryRegistry.start();
    }

    @Test
    void addressesThatAreNoneAreRefused() {
        for (String wrong : List.of("localhost:8081", "ftp://a", "http://", "http://u:p@a", "http://a?b=c", "a b")) {
            assertThat(Commanded.register(wrong).code()).as(wrong).isEqualTo(2);
        }
    }

    @Test
    void aSchemaIsTheSameHoweverItIsLaidOut() {
        for (PinnedSchema schema : PinnedSchema.all()) {
            assertThat(schema.isSame(schema.schema().toString())).isTrue();
            assertThat(schema.isSame(new Schema.Parser().parse(schema.text()).toString()))
                    .isTrue();
            assertThat(schema.isSame(STRANGER)).isFalse();
            assertThat(schema.isSame("syntax = \"proto3\";")).isFalse();
        }
    }

    private String file(String text) throws IOException {
        return Files.writeString(directory.resolve("credentials"), text).toString();
    }
}
