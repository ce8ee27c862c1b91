package org.lawtap.deploy.images;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.SortedSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Makes images out of the build beside a bill of materials. */
final class ImageFactory {
    private final BillOfMaterials bom;
    private final String registry;
    private final String tag;
    private final Consumer<String> progress;

    /** @param progress hears what is being done */
    ImageFactory(BillOfMaterials bom, String registry, String tag, Consumer<String> progress) {
        this.bom = bom;
        this.registry = registry;
        this.tag = tag;
        this.progress = progress;
    }

    /** Writes NAME.tar for each recipe into the directory, which is made if need be. */
    List<ImageFile> make(List<Recipe> recipes, Path directory) throws ImagesException, InterruptedException {
        Path work = directory.resolve(".work");
        try {
            Files.createDirectories(directory);
            remove(work);
            Files.createDirectory(work);
        } catch (IOException | UncheckedIOException e) {
            throw new ImagesException(directory + " can't be written to: " + e.getMessage(), e);
        }
        try {
            JavaRuntime runtimes = new JavaRuntime(work);
            NativeLibraries libraries = new NativeLibraries(work);
            List<ImageFile> made = new ArrayList<>();
            for (Recipe recipe : recipes) {
                progress.accept(recipe.name() + ": " + recipe.title());
                made.add(ImageFile.write(
                        contents(recipe, runtimes, libraries),
                        registry + "/" + recipe.name() + ":" + tag,
                        directory.resolve(recipe.name() + ".tar"),
                        work));
            }
            return made;
        } finally {
            try {
                remove(work);
            } catch (IOException | UncheckedIOException e) {
                progress.accept(work + " could not be removed: " + e.getMessage());
            }
        }
    }

    private ImageContents contents(Recipe recipe, JavaRuntime runtimes, NativeLibraries libraries)
            throws ImagesException {
        List<Jar> jars = bom.jars(recipe.roots());
        List<Path> files = jars.stream().map(Jar::file).toList();
        SortedSet<String> modules = runtimes.modules(files, recipe.modules());
        Path runtime = runtimes.link(modules);
        List<NativeLibraries.Library> needed = libraries.of(runtime, files, recipe.libraries());
        List<Jar> all = new ArrayList<>(jars);
        if (recipe.deployJar()) {
            all.add(bom.deployJar());
        }
        return new ImageContents(recipe, bom.version(), all, modules, runtime, needed, jdk());
    }

    /** Which build of which JDK this is. */
    private static String jdk() throws ImagesException {
        Path release = Path.of(System.getProperty("java.home"), "release");
        Properties properties = new Properties();
        try (var in = Files.newBufferedReader(release)) {
            properties.load(in);
        } catch (IOException e) {
            throw new ImagesException(release + " can't be read: " + e.getMessage(), e);
        }
        return (properties.getProperty("IMPLEMENTOR_VERSION", "") + " "
                        + properties.getProperty("JAVA_RUNTIME_VERSION", "")
                        + " "
                        + properties.getProperty("SOURCE", ""))
                .replace("\"", "")
                .strip();
    }

    private static void remove(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
