package org.lawtap.deploy.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The images and both overlays on a real cluster, by the trials that an operator runs: from nothing to verified evidence. */
@Tag("real-cluster")
class OverlaysIT {
    private static final Path SMALL = Path.of("kubernetes/trial/trial.sh").toAbsolutePath();
    private static final Path PRODUCTION = SMALL.resolveSibling("production.sh");

    /** Where programs of this machine are reached from nodes and pods. */
    private static final String HOST = "10.200.0.1";

    @TempDir
    static Path directory = Path.of("");

    @BeforeAll
    static void loadImages() throws Exception {
        ImageFactory factory = new ImageFactory(
                BillOfMaterials.read(Path.of("target/bom.json")), "lawtap.local", "0.1.0", sentence -> {});
        for (ImageFile image : factory.make(Recipe.ALL, directory.resolve("images"))) {
            run(
                    Path.of(System.getenv().getOrDefault("REAL_CLUSTER_SCRIPTS", ""), "load-image.sh")
                            .toString(),
                    image.file().toString());
        }
    }

    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void smallInterceptsADeploymentOnTwoNodesAndItsEvidenceVerifies() throws Exception {
        Path trial = directory.resolve("small");
        try {
            String log = run(SMALL.toString(), trial.toString());
            assertThat(log).contains("intercepted on two nodes").contains("all well");
            assertThat(rights("lawtap", "lawtap-watcher"))
                    .containsExactlyInAnyOrder(
                            "pods [get list watch]",
                            "leases.coordination.k8s.io [create]",
                            "leases.coordination.k8s.io [get update patch]");
            assertThat(run("kubectl", "-n", "lawtap", "logs", "statefulset/lawtap-sink"))
                    .contains("INFO  ServiceMain sink started")
                    .doesNotContain("ch.qos.logback");
            assertThat(rights("lawtap", "default")).isEmpty();
            assertThat(rights("lawtap-node", "lawtap-capture-worker")).isEmpty();
        } finally {
            run(SMALL.toString(), trial.toString(), "down");
        }
    }

    /** With three brokers that check certificates and rights, and without an override. */
    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void productionDoesTheSameWithCertificatesAndRights() throws Exception {
        Path trial = directory.resolve("production");
        try {
            assertThat(run(PRODUCTION.toString(), trial.toString()))
                    .contains("intercepted on two nodes")
                    .contains("all well");
        } finally {
            run(PRODUCTION.toString(), trial.toString(), "down");
        }
    }

    /** What an account may beyond what every account may. */
    private static List<String> rights(String namespace, String account) throws Exception {
        return run(
                        "kubectl",
                        "auth",
                        "can-i",
                        "--list",
                        "--no-headers",
                        "-n",
                        namespace,
                        "--as=system:serviceaccount:" + namespace + ":" + account)
                .lines()
                .filter(line -> !line.startsWith(" ") && !line.startsWith("selfsubject"))
                .map(line -> line.replaceFirst("^(\\S+) .*(\\[[^\\]]*\\])\\s*$", "$1 $2"))
                .toList();
    }

    private static String run(String... command) throws Exception {
        Path log = Files.createTempFile(directory, "run", ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(Map.of("LAWTAP", launcher().toString(), "TRIAL_SECONDS", "5", "TRIAL_HOST", HOST));
        int code = builder.start().waitFor();
        String wrote = Files.readString(log);
        assertThat(code).as("%s: %s", String.join(" ", command), wrote).isZero();
        return wrote;
    }

    /** The command line of this build; the launcher would build another. */
    private static Path launcher() throws Exception {
        Path launcher = directory.resolve("lawtap");
        if (!Files.exists(launcher)) {
            Files.writeString(launcher, """
                    #!/bin/sh
                    exec %s/bin/java -Xlog:disable -Xlog:all=error:stderr -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \\
                      --sun-misc-unsafe-memory-access=allow -cp '%s/*' org.lawtap.deploy.Lawtap "$@"
                    """.formatted(
                    System.getProperty("java.home"), Path.of("target/lib").toAbsolutePath()));
            Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return launcher;
    }
}
