package org.lawtap.deploy.images;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What an image is made of.
 *
 * @param name the last part of its name
 * @param title what it runs, for people
 * @param roots artifacts that come with all that they need at run time
 * @param deployJar whether lawtap's own tools come, too: the jar of deploy, without what the sandbox needs
 * @param mainClass what its process runs
 * @param user the process's user and group, by number
 * @param libraries native libraries that Java code loads by name, beside the C library
 * @param modules of the JDK that are loaded by name, where nothing can find them
 */
record Recipe(
        String name,
        String title,
        List<String> roots,
        boolean deployJar,
        String mainClass,
        String user,
        List<String> libraries,
        List<String> modules) {
    /** Logs as JSON, by LAWTAP_LOG_FORMAT. */
    private static final String ECS = "logback-ecs-encoder";

    private static final String NOBODY = "65532:65532";

    /** Kubernetes gives a process that is not root no capabilities, and the worker needs some. */
    private static final String ROOT = "0:0";

    /** The elliptic curves and the zip file system are found by name; jar copies files out of an image that has no shell. */
    private static final List<String> BY_NAME =
            List.of("java.naming", "java.xml", "jdk.crypto.ec", "jdk.zipfs", "jdk.jartool");

    static final List<Recipe> ALL = List.of(
            service(
                    "watcher",
                    "the pods of a cluster, to Kafka",
                    "lawtap-watcher",
                    "org.lawtap.watcher.Watcher",
                    NOBODY,
                    List.of()),
            service(
                    "warrants",
                    "decides which pods are intercepted",
                    "lawtap-warrants",
                    "org.lawtap.warrants.Warrants",
                    NOBODY,
                    List.of()),
            service(
                    "capture-worker",
                    "captures on a node",
                    "lawtap-capture-worker",
                    "org.lawtap.worker.CaptureWorker",
                    ROOT,
                    List.of("libpcap.so.0.8")),
            service("sink", "writes and seals evidence", "lawtap-sink", "org.lawtap.sink.Sink", NOBODY, List.of()),
            new Recipe(
                    "tools",
                    "the command line: topics, warrants, verifying, rebuilding",
                    List.of("lawtap-warrants", "lawtap-sink", "logback-classic"),
                    true,
                    "org.lawtap.deploy.Tools",
                    NOBODY,
                    List.of(),
                    BY_NAME),
            new Recipe(
                    "kafka",
                    "a Kafka of one node, for clusters that have none",
                    List.of(
                            "lawtap-schemas",
                            "kafka_2.13",
                            "kafka-metadata",
                            "kafka-server-common",
                            "logback-classic",
                            ECS),
                    true,
                    "org.lawtap.deploy.sandbox.KafkaService",
                    NOBODY,
                    List.of(),
                    // Its controller of log levels is Log4j's, which has java.beans in it.
                    Stream.concat(BY_NAME.stream(), Stream.of("java.desktop")).toList()));

    private static Recipe service(
            String name, String title, String artifact, String mainClass, String user, List<String> libraries) {
        return new Recipe(
                name, title, List.of(artifact, "logback-classic", ECS), false, mainClass, user, libraries, BY_NAME);
    }

    /** The options of the process's JVM and what it runs, one a line, as {@code java @FILE} reads them. */
    String javaArguments(String classPath) {
        List<String> lines = new ArrayList<>(List.of(
                // Messages of the JVM go to standard error: standard output is for what was asked.
                "-Xlog:disable",
                "-Xlog:all=error:stderr",
                "-XX:+UseSerialGC",
                "-XX:MaxRAMPercentage=60",
                "-XX:+ExitOnOutOfMemoryError",
                // A dump would hold what was intercepted.
                "-XX:-HeapDumpOnOutOfMemoryError",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:-UsePerfData",
                "-Djava.io.tmpdir=/tmp",
                "-Djna.tmpdir=/tmp",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath,
                mainClass));
        return String.join("\n", lines) + "\n";
    }
}
