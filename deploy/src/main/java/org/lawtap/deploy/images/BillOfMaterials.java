package org.lawtap.deploy.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the build is made of, as Maven resolved it: CycloneDX, with the graph of what needs what. The jars of an image are what its
 * roots reach in that graph.
 */
final class BillOfMaterials {
    private final Path libraries;
    private final ObjectNode build;
    private final Map<String, ObjectNode> components = new HashMap<>();
    private final Map<String, String> refsByName = new HashMap<>();
    private final Map<String, List<String>> needs = new HashMap<>();

    private BillOfMaterials(Path libraries, ObjectNode build) {
        this.libraries = libraries;
        this.build = build;
    }

    /** Reads {@code bom.json}, beside which the directory {@code lib} holds the jars. */
    static BillOfMaterials read(Path file) throws ImagesException {
        try {
            JsonNode json = JsonMapper.shared().readTree(Files.readString(file));
            BillOfMaterials bom = new BillOfMaterials(
                    file.resolveSibling("lib"),
                    json.path("metadata").path("component").asObject());
            for (JsonNode component : json.path("components")) {
                String ref = component.path("bom-ref").asString();
                bom.components.put(ref, component.asObject());
                bom.refsByName.put(component.path("name").asString(), ref);
            }
            for (JsonNode node : json.path("dependencies")) {
                List<String> refs = new ArrayList<>();
                node.path("dependsOn").forEach(ref -> refs.add(ref.asString()));
                bom.needs.put(node.path("ref").asString(), refs);
            }
            return bom;
        } catch (IOException | JacksonException e) {
            throw new ImagesException(
                    "the build's bill of materials " + file + " can't be read (" + e.getMessage()
                            + "); run ./lawtap images, which builds it",
                    e);
        }
    }

    /** The build's version. */
    String version() {
        return build.path("version").asString("0");
    }

    /** The jar of deploy itself. */
    Jar deployJar() throws ImagesException {
        return jar(build);
    }

    /** These artifacts and all that they need, by file name. */
    List<Jar> jars(Collection<String> roots) throws ImagesException {
        Set<String> seen = new HashSet<>();
        Deque<String> open = new ArrayDeque<>();
        for (String root : roots) {
            String ref = refsByName.get(root);
            if (ref == null) {
                throw new ImagesException("the build's bill of materials has no " + root + "; build anew");
            }
            open.add(ref);
        }
        List<Jar> jars = new ArrayList<>();
        while (!open.isEmpty()) {
            String ref = open.remove();
            if (seen.add(ref)) {
                ObjectNode component = components.get(ref);
                if (component != null) {
                    jars.add(jar(component));
                }
                open.addAll(needs.getOrDefault(ref, List.of()));
            }
        }
        jars.sort(Comparator.comparing(Jar::fileName));
        return jars;
    }

    private Jar jar(ObjectNode component) throws ImagesException {
        Path file = libraries.resolve(component.path("name").asString() + "-"
                + component.path("version").asString() + ".jar");
        if (!Files.exists(file)) {
            throw new ImagesException(file + " is missing, though the build's bill of materials names it; build anew");
        }
        return new Jar(file, component);
    }
}
