package org.lawtap.deploy.images;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap images}. */
@Command(
        name = "images",
        sortOptions = false,
        description =
                "Build the container images: DIR/NAME.tar for watcher, warrants, capture-worker, sink, tools and kafka.",
        footer = {
            "",
            "No container engine and no network is needed. The same sources, JDK and Debian packages give the same bytes; each image's"
                    + " labels and its /opt/lawtap/sbom.cdx.json (CycloneDX) say which these were.",
            "Load them with: ctr -n k8s.io images import FILE, docker load -i FILE, or the like.",
            "Exit codes: 0 built, 1 not, 2 wrong arguments."
        })
public final class ImagesCommand implements Callable<Integer> {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double BYTES_PER_MB = 1e6;

    private final long begin = System.nanoTime();

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(names = "--dir", required = true, description = "Where the images go; made if it is not there.")
    Path directory = Path.of(".");

    @Option(
            names = "--only",
            paramLabel = "NAME",
            split = ",",
            description = "Build these alone, for instance watcher,sink.")
    List<String> only = new ArrayList<>();

    @Option(
            names = "--registry",
            defaultValue = "lawtap.local",
            description = "What comes before the images' names; default: ${DEFAULT-VALUE}, which the manifests expect.")
    String registry = "lawtap.local";

    @Option(names = "--tag", defaultValue = "0.1.0", description = "The images' tag; default: ${DEFAULT-VALUE}.")
    String tag = "0.1.0";

    /** The launcher says where the build's bill of materials lies. */
    @Option(
            names = "--bom",
            hidden = true,
            defaultValue = "${sys:lawtap.bom:-deploy/target/bom.json}",
            description = "The build's bill of materials, beside the directory lib.")
    Path bom = Path.of("deploy/target/bom.json");

    @Override
    public Integer call() throws InterruptedException {
        List<Recipe> recipes = Recipe.ALL.stream()
                .filter(recipe -> only.isEmpty() || only.contains(recipe.name()))
                .toList();
        List<String> names = Recipe.ALL.stream().map(Recipe::name).toList();
        if (!names.containsAll(only)) {
            System.err.println("lawtap images: --only takes " + String.join(", ", names));
            return CommandLine.ExitCode.USAGE;
        }
        try {
            ImageFactory factory = new ImageFactory(
                    BillOfMaterials.read(bom),
                    registry,
                    tag,
                    sentence -> System.err.printf(
                            Locale.ROOT, "%7.1f s  %s%n", (System.nanoTime() - begin) / NANOS_PER_SECOND, sentence));
            for (ImageFile image :
                    factory.make(recipes, directory.toAbsolutePath().normalize())) {
                System.out.printf(
                        Locale.ROOT,
                        "%-36s %6.1f MB  %s%n    %s  sha256:%s%n",
                        image.name(),
                        image.bytes() / BYTES_PER_MB,
                        image.digest(),
                        image.file(),
                        image.sha256());
            }
            return 0;
        } catch (ImagesException e) {
            System.err.println("lawtap images: " + e.getMessage());
            return 1;
        }
    }
}
