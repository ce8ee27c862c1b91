package org.lawtap.deploy.images;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/** Java runtimes that hold no more of this JDK than jars need; one for each set of modules. */
final class JavaRuntime {
    /**
     * Found by jdeps in code that does without it: java.beans in Jackson and Avro. It is a sixth of a runtime. A recipe that needs it
     * names it, and gets it without its native code, which would need X11.
     */
    private static final String DESKTOP = "java.desktop";

    /** As Jib dates all files: the class archive says when the file that it speaks for was last changed. */
    static final Instant FILE_TIME = Instant.ofEpochSecond(1);

    private final Path work;
    private final Map<SortedSet<String>, Path> linked = new HashMap<>();

    JavaRuntime(Path work) {
        this.work = work;
    }

    /** The modules that these jars need, and those. */
    SortedSet<String> modules(List<Path> jars, Collection<String> byName) throws ImagesException {
        SortedSet<String> modules = new TreeSet<>(byName);
        try {
            Path plain = Files.createTempDirectory(work, "jdeps");
            List<String> arguments = new ArrayList<>(List.of(
                    "--ignore-missing-deps",
                    "--multi-release",
                    Integer.toString(Runtime.version().feature()),
                    "--print-module-deps"));
            List<String> copies = new ArrayList<>();
            for (Path jar : jars) {
                copies.add(withoutDescriptor(jar, plain).toString());
            }
            arguments.addAll(List.of("--class-path", String.join(":", copies)));
            arguments.addAll(copies);
            String last = tool("jdeps", arguments).strip().lines().reduce("", (earlier, line) -> line);
            modules.addAll(List.of(last.split(",", -1)));
        } catch (IOException e) {
            throw new ImagesException("the jars could not be looked through: " + e.getMessage(), e);
        }
        if (!byName.contains(DESKTOP)) {
            modules.remove(DESKTOP);
        }
        return modules;
    }

    /** A runtime of these modules, with the archive of classes that shortens its start. */
    Path link(SortedSet<String> modules) throws ImagesException {
        Path known = linked.get(modules);
        if (known != null) {
            return known;
        }
        Path runtime = work.resolve("runtime-" + linked.size());
        tool(
                "jlink",
                List.of(
                        "--add-modules",
                        String.join(",", modules),
                        "--exclude-files=/" + DESKTOP + "/lib/*.so",
                        "--no-header-files",
                        "--no-man-pages",
                        "--output",
                        runtime.toString()));
        try {
            Files.setLastModifiedTime(runtime.resolve("lib/modules"), FileTime.from(FILE_TIME));
        } catch (IOException e) {
            throw new ImagesException("the runtime in " + runtime + " can't be dated: " + e.getMessage(), e);
        }
        Program.run(runtime.resolve("bin/java").toString(), "-Xshare:dump");
        linked.put(modules, runtime);
        return runtime;
    }

    /** A module's descriptor would make jdeps ask for modules by the names of others that have none. */
    private static Path withoutDescriptor(Path jar, Path directory) throws IOException {
        Path copy = Files.copy(jar, directory.resolve(jar.getFileName().toString()));
        try (FileSystem inside = FileSystems.newFileSystem(URI.create("jar:" + copy.toUri()), Map.of())) {
            List<Path> descriptors;
            try (Stream<Path> all = Files.walk(inside.getPath("/"))) {
                descriptors =
                        all.filter(path -> path.endsWith("module-info.class")).toList();
            }
            for (Path descriptor : descriptors) {
                Files.delete(descriptor);
            }
        }
        return copy;
    }

    private static String tool(String name, List<String> arguments) throws ImagesException {
        ToolProvider tool = ToolProvider.findFirst(name)
                .orElseThrow(() -> new ImagesException("this Java has no " + name + "; run with a JDK"));
        StringWriter wrote = new StringWriter();
        int code = tool.run(new PrintWriter(wrote), new PrintWriter(wrote), arguments.toArray(String[]::new));
        if (code != 0) {
            throw new ImagesException(
                    name + " failed: " + wrote.toString().strip().replace("\n", "; "));
        }
        return wrote.toString();
    }
}
