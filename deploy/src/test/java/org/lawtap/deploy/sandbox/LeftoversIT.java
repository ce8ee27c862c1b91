package org.lawtap.deploy.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodUid;

/** Needs root. */
class LeftoversIT {
    @TempDir
    Path directory;

    /** Holds a sandbox in a network namespace of its own, as the demo does, until it is killed. Its arguments: id, directory of claims. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            SandboxName name = new SandboxName(arguments[0]);
            Path claims = Path.of(arguments[1]);
            try (Claim claim = Claim.take(claims, name, claims)) {
                SandboxCluster.attachControlNamespace(name);
                try (SandboxCluster cluster = SandboxCluster.start(new SandboxCluster.Settings(name, 1, claims, 0))) {
                    cluster.addPod(new PodSpec(
                            new NodeName("n1"),
                            new Namespace("shop"),
                            new PodName("a"),
                            new PodUid(UUID.randomUUID().toString()),
                            Map.of(),
                            PodSpec.MTU_DEFAULT));
                    // A process that does not end with its parent, as a hung worker would not.
                    new ProcessBuilder("ip", "netns", "exec", name.nodeNamespace(1), "tail", "-f", "/dev/null").start();
                    System.out.println("up " + claim.name());
                    System.in.read();
                }
            }
        }
    }

    @Test
    void removesExactlyWhatAKilledSandboxLeft() throws Exception {
        SandboxName dead = SandboxName.random();
        SandboxName other = SandboxName.random();
        String innocent = other.prefix() + "n1";
        Process holder = hold(dead);
        Ip.addNamespace(innocent);
        try {
            assertThat(Leftovers.clean(directory)).isEmpty();
            assertThat(Ip.namespaces(dead.prefix())).hasSize(3);
            holder.destroyForcibly().waitFor();

            List<Leftovers.Removed> removed = Leftovers.clean(directory);
            assertThat(removed).hasSize(1);
            assertThat(removed.getFirst().name()).isEqualTo(dead);
            assertThat(removed.getFirst().pid()).hasValue(holder.pid());
            assertThat(removed.getFirst().directory()).contains(directory.toString());
            assertThat(removed.getFirst().stayed()).isEmpty();
            assertThat(removed.getFirst().removed())
                    .contains("network namespace " + dead.controlNamespace())
                    .contains("network namespace " + dead.nodeNamespace(1))
                    .anyMatch(what -> what.startsWith("process "))
                    .anyMatch(what -> what.startsWith("cgroup "));
            assertThat(Ip.namespaces(dead.prefix())).isEmpty();
            assertThat(Cgroups.root().resolve(dead.cgroup())).doesNotExist();
            assertThat(directory.resolve(dead.id() + ".claim")).doesNotExist();
            assertThat(Ip.namespaces(other.prefix())).containsExactly(innocent);
            assertThat(Leftovers.clean(directory)).isEmpty();
        } finally {
            holder.destroyForcibly();
            Ip.deleteNamespace(innocent);
        }
    }

    private Process hold(SandboxName name) throws IOException {
        Process process = new ProcessBuilder(
                        "unshare",
                        "--net",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Holder.class.getName(),
                        name.id(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null || !line.startsWith("up")) {
            throw new IOException("the holder of " + name + " did not start: " + line);
        }
        return process;
    }
}
