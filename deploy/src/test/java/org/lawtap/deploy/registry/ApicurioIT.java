package org.lawtap.deploy.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.wire.PacketCodec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Registering in Apicurio itself. */
class ApicurioIT {
    private static final String STRANGER = "{\"type\":\"record\",\"name\":\"Stranger\",\"fields\":[]}";

    private static final String SESSION = "00000000-0000-4000-8000-000000000007";

    @TempDir
    Path directory;

    @Test
    void whoReadsARecordFindsItsSchemaByTheIdInIt() throws Exception {
        try (ApicurioServer apicurio = ApicurioServer.start(directory)) {
            assertThat(Commanded.register(apicurio.url(), "--dry-run").out().lines())
                    .hasSize(PinnedSchema.all().size())
                    .allMatch(line -> line.endsWith("would be registered"));
            assertThat(get(apicurio, "/subjects")).isEmpty();

            Commanded first = Commanded.register(apicurio.url());
            assertThat(first.err()).isEmpty();
            assertThat(first.code()).isZero();
            assertThat(first.out().lines()).allMatch(line -> line.endsWith("  registered"));
            for (PinnedSchema schema : PinnedSchema.all()) {
                JsonNode latest = get(apicurio, "/subjects/" + schema.subject() + "/versions/latest");
                assertThat(latest.path("id").asInt()).as(schema.subject()).isEqualTo(schema.id());
                assertThat(latest.path("version").asInt()).isEqualTo(1);
                assertThat(get(apicurio, "/config/" + schema.subject())
                                .path("compatibilityLevel")
                                .asString())
                        .isEqualTo("FULL_TRANSITIVE");
            }
            assertThat(readAsTheRegistrySays(apicurio)).isEqualTo(SESSION);

            Commanded again = Commanded.register(apicurio.url());
            assertThat(again.code()).isZero();
            assertThat(again.out().lines()).allMatch(line -> line.endsWith("is there"));
            assertThat(get(apicurio, "/subjects/lawtap.pods-value/versions")).hasSize(1);

            assertThat(post(apicurio, "/subjects/lawtap.pods-value/versions", STRANGER))
                    .as("what is incompatible is kept out")
                    .isEqualTo(409);
        }
    }

    @Test
    void anIdThatIsTakenStopsAllOfIt() throws Exception {
        try (ApicurioServer apicurio = ApicurioServer.start(directory)) {
            assertThat(post(apicurio, "/subjects/others/versions", STRANGER)).isEqualTo(200);
            assertThat(get(apicurio, "/subjects/others/versions/latest")
                            .path("id")
                            .asInt())
                    .isEqualTo(1);
            Commanded refused = Commanded.register(apicurio.url());
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("the id 1 of lawtap.pods-value is another schema's there");
            assertThat(get(apicurio, "/subjects")).hasSize(1);
        }
    }

    /** The session of a packet record, by nothing but its frame and the registry. */
    private static String readAsTheRegistrySays(ApicurioServer apicurio) throws Exception {
        Packet packet = new Packet(0, 1, Packet.Direction.FROM_POD, 0, 60, ByteBuffer.allocate(60));
        ByteBuffer value =
                ByteBuffer.wrap(PacketCodec.encode(new PacketEvent.Batch(SessionId.parse(SESSION), List.of(packet))));
        assertThat(value.get()).isZero();
        Schema schema = new Schema.Parser()
                .parse(get(apicurio, "/schemas/ids/" + value.getInt())
                        .path("schema")
                        .asString());
        byte[] avro = new byte[value.remaining()];
        value.get(avro);
        GenericRecord record = new GenericDatumReader<GenericRecord>(schema)
                .read(null, DecoderFactory.get().binaryDecoder(avro, null));
        return record.get("session").toString();
    }

    private static JsonNode get(ApicurioServer apicurio, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return JsonMapper.shared()
                    .readTree(client.send(
                                    HttpRequest.newBuilder(URI.create(apicurio.url() + path))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .body());
        }
    }

    private static int post(ApicurioServer apicurio, String path, String schema) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create(apicurio.url() + path))
                                    .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                                    .POST(HttpRequest.BodyPublishers.ofString(Registry.json()
                                            .put("schema", schema)
                                            .toString()))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }
    }
}
