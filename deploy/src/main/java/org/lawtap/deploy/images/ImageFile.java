package org.lawtap.deploy.images;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainer;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;

/**
 * An image as a file that {@code ctr images import}, {@code docker load} and the like read. Its layers, from what changes least:
 *
 * <pre>
 *   system        /lib, /lib64    the C library and what else native code needs
 *                 /etc            users, the order of name look-ups
 *   runtime       /opt/java       a Java runtime
 *   dependencies  /opt/lawtap/lib other people's jars
 *   application   /opt/lawtap     our jars, java.args, how to log, sbom.cdx.json
 * </pre>
 *
 * There is no shell and no package manager. Nothing in it need be written to at run time but /tmp.
 *
 * @param digest of its manifest
 * @param sha256 of the file
 */
record ImageFile(String name, Path file, long bytes, String digest, String sha256) {
    /** How to log, and what that includes by LAWTAP_LOG_FORMAT. */
    private static final List<String> LOGGING = List.of("logback.xml", "lawtap-log-text.xml", "lawtap-log-ecs.xml");

    private static final String HOME = "/opt/lawtap";
    private static final String JAVA = "/opt/java";
    private static final FilePermissions FILE = FilePermissions.fromOctalString("644");
    private static final FilePermissions PROGRAM = FilePermissions.fromOctalString("755");
    private static final FilePermissions ANYBODYS = FilePermissions.fromOctalString("777");

    /** Writes the image. @param work for what is in between */
    static ImageFile write(ImageContents image, String name, Path file, Path work)
            throws ImagesException, InterruptedException {
        try {
            Path staged = Files.createTempDirectory(work, "image");
            JibContainerBuilder builder = Jib.fromScratch()
                    .setPlatforms(Set.of(new Platform(NativeLibraries.architecture(), "linux")))
                    .setCreationTime(Instant.EPOCH)
                    .setUser(image.recipe().user())
                    .setWorkingDirectory(AbsoluteUnixPath.get("/tmp"))
                    .addEnvironmentVariable("PATH", JAVA + "/bin")
                    .addEnvironmentVariable("LANG", "C.UTF-8")
                    .setEntrypoint(JAVA + "/bin/java", "@" + HOME + "/java.args")
                    .addFileEntriesLayer(system(image, staged))
                    .addFileEntriesLayer(runtime(image))
                    .addFileEntriesLayer(dependencies(image))
                    .addFileEntriesLayer(application(image, staged));
            builder.addLabel(
                            "org.opencontainers.image.title",
                            "lawtap " + image.recipe().name())
                    .addLabel(
                            "org.opencontainers.image.description",
                            image.recipe().title())
                    .addLabel("org.opencontainers.image.version", image.version())
                    .addLabel("org.opencontainers.image.licenses", "Apache-2.0")
                    .addLabel("org.lawtap.sbom", HOME + "/sbom.cdx.json")
                    .addLabel("org.lawtap.inputs.jdk", image.jdk())
                    .addLabel(
                            "org.lawtap.inputs.debian",
                            image.packages().stream()
                                    .map(debian -> debian.name() + "=" + debian.version())
                                    .collect(Collectors.joining(" ")));
            JibContainer made =
                    builder.containerize(Containerizer.to(TarImage.at(file).named(name))
                            .setOfflineMode(true)
                            .setToolName("lawtap")
                            .setBaseImageLayersCache(work.resolve("jib-base"))
                            .setApplicationLayersCache(work.resolve("jib-layers")));
            return new ImageFile(name, file, Files.size(file), made.getDigest().toString(), Sbom.sha256(file));
        } catch (InvalidImageReferenceException e) {
            throw new ImagesException("\"" + name + "\" is no name of an image; see --registry and --tag", e);
        } catch (IOException | RegistryException | CacheDirectoryCreationException e) {
            throw new ImagesException(file + " can't be written: " + e.getMessage(), e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw new ImagesException(file + " can't be written: " + (cause == null ? e : cause), e);
        }
    }

    private static FileEntriesLayer system(ImageContents image, Path staged) throws IOException {
        FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName("system");
        Path etc = Files.createDirectory(staged.resolve("etc"));
        text(layer, etc, "passwd", "root:x:0:0:root:/:/nonexistent\nlawtap:x:65532:65532:lawtap:/:/nonexistent\n");
        text(layer, etc, "group", "root:x:0:\nlawtap:x:65532:\n");
        text(layer, etc, "nsswitch.conf", "hosts: files dns\n");
        layer.addEntry(Files.createDirectory(staged.resolve("tmp")), AbsoluteUnixPath.get("/tmp"), ANYBODYS);
        for (NativeLibraries.Library library : image.libraries()) {
            layer.addEntry(library.file().toRealPath(), AbsoluteUnixPath.get(library.target()), PROGRAM);
        }
        for (NativeLibraries.DebianPackage debian : image.packages()) {
            Path licence = Path.of("/usr/share/doc", debian.name(), "copyright");
            if (Files.exists(licence)) {
                layer.addEntry(licence.toRealPath(), AbsoluteUnixPath.get(licence.toString()), FILE);
            }
        }
        return layer.build();
    }

    private static void text(FileEntriesLayer.Builder layer, Path etc, String name, String text) throws IOException {
        layer.addEntry(Files.writeString(etc.resolve(name), text), AbsoluteUnixPath.get("/etc/" + name), FILE);
    }

    private static FileEntriesLayer runtime(ImageContents image) throws IOException {
        return FileEntriesLayer.builder()
                .setName("runtime")
                .addEntryRecursive(
                        image.runtime(),
                        AbsoluteUnixPath.get(JAVA),
                        (source, target) -> Files.isExecutable(source) ? PROGRAM : FILE,
                        (source, target) -> JavaRuntime.FILE_TIME)
                .build();
    }

    private static FileEntriesLayer dependencies(ImageContents image) {
        FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName("dependencies");
        for (Jar jar : image.jars()) {
            if (!jar.own()) {
                layer.addEntry(jar.file(), library(jar), FILE);
            }
        }
        return layer.build();
    }

    private static FileEntriesLayer application(ImageContents image, Path staged) throws IOException, ImagesException {
        FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName("application");
        List<String> classPath = new ArrayList<>(List.of(HOME + "/conf"));
        for (Jar jar : image.jars()) {
            classPath.add(library(jar).toString());
            if (jar.own()) {
                layer.addEntry(jar.file(), library(jar), FILE);
            }
        }
        Path arguments = staged.resolve("java.args");
        Files.writeString(arguments, image.recipe().javaArguments(String.join(":", classPath)));
        layer.addEntry(arguments, AbsoluteUnixPath.get(HOME + "/java.args"), FILE);
        Path sbom = Files.writeString(staged.resolve("sbom.cdx.json"), Sbom.of(image));
        layer.addEntry(sbom, AbsoluteUnixPath.get(HOME + "/sbom.cdx.json"), FILE);
        // The jar of deploy has its own, and Logback complains of two.
        if (!image.recipe().deployJar()) {
            for (String name : LOGGING) {
                Path logging = Files.writeString(staged.resolve(name), resource("/" + name), StandardCharsets.UTF_8);
                layer.addEntry(logging, AbsoluteUnixPath.get(HOME + "/conf/" + name), FILE);
            }
        }
        return layer.build();
    }

    private static AbsoluteUnixPath library(Jar jar) {
        return AbsoluteUnixPath.get(HOME + "/lib/" + jar.fileName());
    }

    private static String resource(String name) throws IOException {
        try (var in = ImageFile.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("there is no " + name + " on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
