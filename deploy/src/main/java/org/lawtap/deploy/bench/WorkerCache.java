package org.lawtap.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;

/**
 * What the JVM of a capture-worker learned in a training run: its classes, loaded and linked, and the profiles by which it compiles
 * (JEP 483, 514 and 515). It is good for the JDK, the collector and the class path with which it was made; a JVM that can't use it
 * starts as if there were none.
 */
final class WorkerCache {
    /** The launcher names the file. */
    private static final String FILE = "lawtap.worker.cache";

    private static final String HEAP = "512m";
    private static final long RATE = 150_000;
    private static final int SIZES_SECONDS = 5;
    private static final Duration WRITE_TIMEOUT = Duration.ofMinutes(3);

    private WorkerCache() {}

    /** Options of a JVM that uses it; none if it was not made. */
    static List<String> use() {
        Path file = Path.of(System.getProperty(FILE, ""));
        return Files.isRegularFile(file) ? List.of("-XX:AOTCache=" + file) : List.of();
    }

    /** Lets a worker capture on a sandbox node for so long, and keeps what its JVM learned. */
    static void make(Path file, int seconds, Path directory, Progress progress)
            throws BenchException, InterruptedException {
        Path flood = NativeProgram.compile("flood", directory.resolve("bin"));
        Path made = file.resolveSibling(file.getFileName() + ".new");
        try (BenchNode node = BenchNode.putUp(directory, 2, progress)) {
            QuietPod pod = node.pods().getFirst();
            Generator generator = node.fromPod(flood, pod, node.pods().getLast());
            BrokerProcess broker = node.keep(BrokerProcess.start(directory, HEAP));
            WorkerTap.Options options = new WorkerTap.Options(HEAP, Map.of(), List.of("-XX:AOTCacheOutput=" + made));
            try (WorkerTap tap = WorkerTap.start(node, broker, options, directory.resolve("worker"))) {
                tap.capture(node.pods());
                progress.tell("the worker captures");
                generator.send(Generator.Traffic.steady(Mix.IMIX, RATE, seconds));
                for (Mix mix : Mix.parseAll("64,1514")) {
                    generator.send(Generator.Traffic.steady(mix, RATE / 2, SIZES_SECONDS));
                }
                tap.stop();
                progress.tell("the worker ends, and its JVM writes what it learned");
                tap.process().terminate(WRITE_TIMEOUT);
            }
            Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new BenchException("nothing was learned: " + e.getMessage(), e);
        }
    }
}
