package org.lawtap.deploy.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An image's bill of materials: CycloneDX 1.6 in JSON, with the jars, the Java runtime with its modules, and the Debian packages. It
 * has no time and no serial number, so that the same image has the same bill.
 */
final class Sbom {
    private static final String SPEC = "1.6";

    private Sbom() {}

    static String of(ImageContents image) throws ImagesException {
        JsonMapper json = JsonMapper.shared();
        ObjectNode bom = json.createObjectNode();
        bom.put("bomFormat", "CycloneDX").put("specVersion", SPEC).put("version", 1);
        bom.putObject("metadata")
                .putObject("component")
                .put("type", "container")
                .put("bom-ref", "image")
                .put("name", "lawtap/" + image.recipe().name())
                .put("version", image.version())
                .put("description", image.recipe().title());
        ArrayNode components = bom.putArray("components");
        ObjectNode java = components.addObject();
        java.put("type", "platform")
                .put("bom-ref", "java")
                .put("name", "java")
                .put("version", image.jdk())
                .put("description", "a runtime of some modules of this JDK");
        ArrayNode properties = java.putArray("properties");
        image.modules()
                .forEach(module -> properties.addObject().put("name", "module").put("value", module));
        for (NativeLibraries.DebianPackage debian : image.packages()) {
            ObjectNode component = components.addObject();
            component
                    .put("type", "library")
                    .put("bom-ref", debian.url())
                    .put("name", debian.name())
                    .put("version", debian.version())
                    .put("purl", debian.url());
            ArrayNode files = component.putArray("properties");
            for (NativeLibraries.Library library : image.libraries()) {
                if (library.owner().equals(debian)) {
                    files.addObject().put("name", "file").put("value", library.target());
                }
            }
        }
        for (Jar jar : image.jars()) {
            ObjectNode component = jar.component().deepCopy();
            if (!component.has("hashes")) {
                component.putArray("hashes").addObject().put("alg", "SHA-256").put("content", sha256(jar.file()));
            }
            components.add(component);
        }
        return json.writerWithDefaultPrettyPrinter().writeValueAsString(bom) + "\n";
    }

    static String sha256(Path file) throws ImagesException {
        try (var in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new ImagesException(file + " can't be read: " + e.getMessage(), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
