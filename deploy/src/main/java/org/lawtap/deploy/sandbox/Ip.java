package org.lawtap.deploy.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The commands of iproute2 that the sandbox is built from (ip-netns(8), ip-link(8), bridge(8)). */
final class Ip {
    /** Where named network namespaces are mounted. */
    static final Path NAMED = Path.of("/run/netns");

    private Ip() {}

    static void addNamespace(String name) throws SandboxException {
        Shell.run("ip", "netns", "add", name);
    }

    static void deleteNamespace(String name) throws SandboxException {
        Shell.run("ip", "netns", "del", name);
    }

    /** Runs lines of {@code ip} commands inside a namespace; the first that fails ends it. */
    static void batch(String namespace, List<String> lines) throws SandboxException {
        Shell.run(String.join("\n", lines) + "\n", List.of("ip", "-n", namespace, "-batch", "-"));
    }

    /** Runs lines of {@code bridge} commands inside a namespace. */
    static void bridge(String namespace, List<String> lines) throws SandboxException {
        Shell.run(String.join("\n", lines) + "\n", List.of("bridge", "-n", namespace, "-batch", "-"));
    }

    /** Sets kernel parameters inside a namespace, each {@code path below /proc/sys=value}. */
    static void sysctl(String namespace, List<String> settings) throws SandboxException {
        StringBuilder script = new StringBuilder("set -e\n");
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            script.append("echo ")
                    .append(setting.substring(equals + 1))
                    .append(" > /proc/sys/")
                    .append(setting, 0, equals)
                    .append('\n');
        }
        Shell.run(script.toString(), List.of("ip", "netns", "exec", namespace, "sh"));
    }

    /** Whether the caller's own namespace has an interface up other than its loopback. */
    static boolean connected() throws SandboxException {
        return Shell.run("ip", "-o", "link", "show", "up").lines().anyMatch(line -> !line.contains(": lo: "));
    }

    /** The named namespaces whose names begin so. */
    static List<String> namespaces(String prefix) throws SandboxException {
        if (!Files.isDirectory(NAMED)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(NAMED)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(prefix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new SandboxException(NAMED + " cannot be listed: " + e, e);
        }
    }

    /** The processes that live in a named namespace. */
    static List<Long> processes(String namespace) throws SandboxException {
        List<Long> pids = new ArrayList<>();
        Shell.run("ip", "netns", "pids", namespace)
                .lines()
                .filter(line -> !line.isBlank())
                .forEach(line -> pids.add(Long.valueOf(line.strip())));
        return pids;
    }

    /** The inode of a named namespace: its identity as long as it lives. */
    static long inode(String namespace) throws SandboxException {
        return inodeOf(NAMED.resolve(namespace));
    }

    private static long inodeOf(Path file) throws SandboxException {
        try {
            return ((Number) Files.getAttribute(file, "unix:ino")).longValue();
        } catch (IOException e) {
            throw new SandboxException("the network namespace " + file + " cannot be read: " + e, e);
        }
    }
}
