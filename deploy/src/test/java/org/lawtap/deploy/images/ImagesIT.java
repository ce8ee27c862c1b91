package org.lawtap.deploy.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The image of the worker, which has the most in it: twice from the same inputs, and read by another library than wrote it. */
class ImagesIT {
    private static final Path BOM = Path.of("target/bom.json");

    @TempDir
    Path directory;

    @Test
    void isTheSameToTheByteAndSaysWhatIsInIt() throws Exception {
        ImageFile first = make("first");
        ImageFile second = make("second");
        assertThat(second.sha256()).isEqualTo(first.sha256());
        assertThat(Files.mismatch(first.file(), second.file())).isEqualTo(-1);

        Map<String, byte[]> image = entries(Files.newInputStream(first.file()));
        JsonNode manifest = json(image, "manifest.json").get(0);
        JsonNode config = json(image, manifest.path("Config").asString()).path("config");
        assertThat(manifest.path("RepoTags").get(0).asString()).isEqualTo("lawtap.test/capture-worker:7");
        assertThat(config.path("User").asString()).isEqualTo("0:0");
        assertThat(config.path("Labels").path("org.lawtap.inputs.debian").asString())
                .contains("libpcap0.8=");

        Map<String, byte[]> files = new HashMap<>();
        for (JsonNode layer : manifest.path("Layers")) {
            files.putAll(entries(new GZIPInputStream(new ByteArrayInputStream(file(image, layer.asString())))));
        }
        assertThat(files)
                .containsKeys(
                        "opt/java/bin/java",
                        "opt/lawtap/java.args",
                        "opt/lawtap/conf/logback.xml",
                        "opt/lawtap/conf/lawtap-log-text.xml",
                        "opt/lawtap/conf/lawtap-log-ecs.xml")
                .anySatisfy((name, content) -> assertThat(name).contains("/logback-ecs-encoder-"));
        assertThat(files.keySet()).noneMatch(name -> name.matches(".*/(sh|bash|dash|apt)"));
        List<String> jars = new ArrayList<>();
        List<String> libraries = new ArrayList<>();
        for (JsonNode component : json(files, "opt/lawtap/sbom.cdx.json").path("components")) {
            String url = component.path("purl").asString("");
            if (url.startsWith("pkg:maven/")) {
                jars.add("opt/lawtap/lib/" + component.path("name").asString() + "-"
                        + component.path("version").asString() + ".jar");
                assertThat(component.path("hashes")).as(url).isNotEmpty();
            } else if (url.startsWith("pkg:deb/")) {
                component
                        .path("properties")
                        .forEach(file ->
                                libraries.add(file.path("value").asString().substring(1)));
            }
        }
        assertThat(files.keySet())
                .filteredOn(name -> name.endsWith(".jar") && name.startsWith("opt/lawtap"))
                .containsExactlyInAnyOrderElementsOf(jars);
        assertThat(files.keySet())
                .filteredOn(name -> name.matches("(lib|lib64)/.*\\.so.*"))
                .containsExactlyInAnyOrderElementsOf(libraries)
                .anyMatch(name -> name.endsWith("/libpcap.so.0.8"))
                .anyMatch(name -> name.endsWith("/libc.so.6"));
    }

    @Test
    void saysWhatToDoWithoutABuild() {
        assertThatThrownBy(() -> BillOfMaterials.read(directory.resolve("bom.json")))
                .isInstanceOf(ImagesException.class)
                .hasMessageContaining("run ./lawtap images");
    }

    private ImageFile make(String name) throws Exception {
        List<Recipe> worker = Recipe.ALL.stream()
                .filter(recipe -> recipe.name().equals("capture-worker"))
                .toList();
        ImageFactory factory = new ImageFactory(BillOfMaterials.read(BOM), "lawtap.test", "7", sentence -> {});
        List<ImageFile> made = factory.make(worker, directory.resolve(name));
        assertThat(directory.resolve(name)).isDirectoryNotContaining("glob:**.work");
        return made.getFirst();
    }

    private static JsonNode json(Map<String, byte[]> files, String name) {
        return JsonMapper.shared().readTree(file(files, name));
    }

    private static byte[] file(Map<String, byte[]> files, String name) {
        return Objects.requireNonNull(files.get(name), name);
    }

    private static Map<String, byte[]> entries(InputStream in) throws Exception {
        Map<String, byte[]> entries = new HashMap<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(in)) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isFile()) {
                    entries.put(entry.getName().replaceFirst("^/", ""), tar.readAllBytes());
                }
            }
        }
        return entries;
    }
}
