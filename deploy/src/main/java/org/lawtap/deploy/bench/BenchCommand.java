package org.lawtap.deploy.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.OrderlyEnd;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap bench}: what lawtap costs, measured on this machine. */
@Command(
        name = "bench",
        description = "Measure on this machine what lawtap costs.",
        subcommands = BenchCommand.Watch.class)
public final class BenchCommand implements Callable<Integer> {
    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Override
    public Integer call() {
        System.err.println("lawtap bench: name what to measure: watch");
        return CommandLine.ExitCode.USAGE;
    }

    /** Which part is measured. */
    enum Part {
        ALL,
        API,
        NODE
    }

    /** {@code lawtap bench watch}. */
    @Command(
            name = "watch",
            sortOptions = false,
            description = "What it costs to watch a large cluster, and what the worker of a full node costs.",
            footer = {
                "",
                "Part api: the real watcher lists and watches a stand-in API server and writes to a real Kafka, both on"
                        + " loopback; then the client's stock informer does the same, for comparison.",
                "Part node: the real capture-worker on a sandbox node of real network namespaces; needs root.",
                "Exit codes: 0 measured and all of it correct, 1 not, 2 wrong arguments."
            })
    static final class Watch implements Callable<Integer> {
        private static final Duration END_TIMEOUT = Duration.ofMinutes(2);
        private static final double NANOS_PER_SECOND = 1e9;

        @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
        boolean help;

        @Option(names = "--part", defaultValue = "all", description = "all, api or node; default: ${DEFAULT-VALUE}.")
        String part = "all";

        @Option(
                names = "--pods",
                defaultValue = "150000",
                description = "Pods of the cluster; default: ${DEFAULT-VALUE}.")
        int pods;

        @Option(
                names = "--nodes",
                defaultValue = "5000",
                description = "Nodes of the cluster; default: ${DEFAULT-VALUE}.")
        int nodes;

        @Option(
                names = "--rate",
                defaultValue = "200",
                description = "Changes of the cluster a second; default: ${DEFAULT-VALUE}.")
        int rate;

        @Option(
                names = "--seconds",
                defaultValue = "60",
                description = "How long each state is measured; default: ${DEFAULT-VALUE}.")
        int seconds;

        @Option(
                names = "--rounds",
                defaultValue = "1",
                description = "How often the api part is repeated; default: ${DEFAULT-VALUE}.")
        int rounds;

        @Option(
                names = "--heap",
                defaultValue = "512m",
                description = "-Xmx of the watcher; default: ${DEFAULT-VALUE}.")
        String heap = "";

        @Option(
                names = "--peer-heap",
                defaultValue = "8g",
                description = "-Xmx of the informer that the watcher is compared with; 0: no comparison; default:"
                        + " ${DEFAULT-VALUE}.")
        String peerHeap = "";

        @Option(
                names = "--node-pods",
                defaultValue = "250",
                description = "Pods of the node, 1 to 250; default: ${DEFAULT-VALUE}.")
        int nodePods;

        @Option(
                names = "--captures",
                defaultValue = "20",
                description = "Pods of the node that are captured; default: ${DEFAULT-VALUE}.")
        int captures;

        @Option(
                names = "--packets",
                defaultValue = "200",
                description = "Packets a second to each captured pod; default: ${DEFAULT-VALUE}.")
        int packets;

        @Option(names = "--json", description = "Also write the figures to this file.")
        @Nullable
        Path json;

        private final long begin = System.nanoTime();

        @Override
        public Integer call() {
            Part chosen;
            try {
                chosen = Part.valueOf(part.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                return refuse("--part must be all, api or node");
            }
            String mistake = mistake();
            if (!mistake.isEmpty()) {
                return refuse(mistake);
            }
            if (chosen != Part.API && !"root".equals(System.getProperty("user.name"))) {
                System.err.println("lawtap bench: the part node makes network namespaces and must run as root; try:"
                        + " sudo ./lawtap bench watch, or --part api");
                return 1;
            }
            // On SIGINT and SIGTERM everything is still taken down, and the files removed.
            return OrderlyEnd.of(END_TIMEOUT, () -> run(chosen));
        }

        private static int refuse(String mistake) {
            System.err.println("lawtap bench: " + mistake);
            return CommandLine.ExitCode.USAGE;
        }

        private String mistake() {
            if (pods < 1 || nodes < 1 || rate < 1 || seconds < 1 || rounds < 1 || packets < 1) {
                return "--pods, --nodes, --rate, --seconds, --rounds and --packets must be 1 or more";
            }
            if (nodePods < 1 || nodePods > 250 || captures < 1 || captures > nodePods) {
                return "--node-pods must be 1 to 250, and --captures from 1 to that";
            }
            if (!heap.matches("[1-9][0-9]*[kmgKMG]") || !peerHeap.matches("0|[1-9][0-9]*[kmgKMG]")) {
                return "--heap and --peer-heap are sizes such as 512m or 4g";
            }
            return "";
        }

        private boolean measure(Part chosen, Path directory) throws BenchException, InterruptedException {
            BenchReport report = new BenchReport(System.out);
            boolean ok = true;
            if (chosen != Part.NODE) {
                WatchBench.Options options = new WatchBench.Options(
                        pods, nodes, rate, seconds, rounds, heap, peerHeap.equals("0") ? "" : peerHeap);
                List<WatchRun> runs = new WatchBench(options, directory.resolve("api"), this::tell).run();
                ok = report.watch(options, runs);
            }
            if (chosen != Part.API) {
                NodeBench.Options options = new NodeBench.Options(nodePods, captures, packets, seconds, "256m");
                ok &= report.node(options, new NodeBench(options, directory.resolve("node"), this::tell).run());
            }
            if (json != null) {
                report.write(json, ok);
            }
            return ok;
        }

        private void tell(String sentence) {
            System.err.printf(Locale.ROOT, "%7.1f s  %s%n", (System.nanoTime() - begin) / NANOS_PER_SECOND, sentence);
        }

        private int run(Part chosen) {
            Path directory = null;
            try {
                directory = Files.createTempDirectory("lawtap-bench-");
                System.setProperty("lawtap.log", directory.resolve("bench.log").toString());
                System.setProperty("logback.configurationFile", "logback-demo.xml");
                boolean ok = measure(chosen, directory);
                if (!ok) {
                    directory = kept(directory);
                }
                return ok ? 0 : 1;
            } catch (BenchException | IOException e) {
                System.err.println("lawtap bench: " + e.getMessage());
                directory = kept(directory);
                return 1;
            } catch (InterruptedException | InterruptException e) {
                System.err.println("lawtap bench: interrupted; everything is removed");
                return 1;
            } finally {
                remove(directory);
            }
        }

        /** What went wrong can be looked into; nothing is removed then. */
        private static @Nullable Path kept(@Nullable Path directory) {
            if (directory != null) {
                System.err.println("lawtap bench: logs and Kafka's data stay in " + directory);
            }
            return null;
        }

        private static void remove(@Nullable Path directory) {
            if (directory == null) {
                return;
            }
            try (Stream<Path> walk = Files.walk(directory)) {
                for (Path each : walk.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(each);
                }
            } catch (IOException | UncheckedIOException e) {
                System.err.println("lawtap bench: " + directory + " could not be removed: " + e.getMessage());
            }
        }
    }
}
