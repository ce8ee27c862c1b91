package org.lawtap.deploy.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.model.Sha256;

/**
 * By Apicurio's own API: its Confluent API accepts the mode IMPORT and passes over the id. What it imports keeps its content id, which is the
 * id of records; a version with the same bytes is then under that id, and is held to the subject's compatibility.
 *
 * <pre>
 *   lawtap.Manifest.json          {"systemVersion": "3.0.0", "exportVersion": "3.0"}
 *   content/HASH.Content.json     {"contentId": 10, "contentHash": HASH, "artifactType": "AVRO", "contentType": "application/json"}
 *   content/HASH.Content.data     the schema
 * </pre>
 *
 * @param root what comes before {@code /apis/} in its addresses
 */
record ApicurioPinning(Registry registry, RegistryConnection connection, URI root) implements Pinning {
    @Override
    public void register(PinnedSchema schema, boolean numbered) throws RegistryException, InterruptedException {
        if (!numbered) {
            importContent(schema);
        }
        int id = registry.add(schema, Registry.json());
        if (id != schema.id()) {
            throw RegistryException.failed(
                    "the registry has " + schema.subject() + " under the id " + id + " instead of " + schema.id()
                            + ": it did not keep the id of what it imported. Delete that subject");
        }
    }

    private void importContent(PinnedSchema schema) throws RegistryException, InterruptedException {
        URI address = URI.create(root + "/apis/registry/v3/admin/import?requireEmptyRegistry=false");
        RegistryConnection.Answer answer = connection.postZip(
                address, zip(schema), "X-Registry-Preserve-ContentId", "true", "X-Registry-Preserve-GlobalId", "false");
        if (!answer.isGood()) {
            throw RegistryException.failed(address + " refused: " + answer + "; ids are kept by Apicurio 3");
        }
    }

    private static byte[] zip(PinnedSchema schema) {
        byte[] text = schema.text().getBytes(StandardCharsets.UTF_8);
        String hash = Sha256.of(MerkleTree.sha256().digest(text)).hex();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            entry(
                    zip,
                    "lawtap.Manifest.json",
                    Registry.json()
                            .put("systemVersion", "3.0.0")
                            .put("exportVersion", "3.0")
                            .toString()
                            .getBytes(StandardCharsets.UTF_8));
            entry(
                    zip,
                    "content/" + hash + ".Content.json",
                    Registry.json()
                            .put("contentId", schema.id())
                            .put("contentHash", hash)
                            .put("artifactType", "AVRO")
                            .put("contentType", "application/json")
                            .toString()
                            .getBytes(StandardCharsets.UTF_8));
            entry(zip, "content/" + hash + ".Content.data", text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void entry(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(bytes);
        zip.closeEntry();
    }
}
