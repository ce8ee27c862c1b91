package org.lawtap.deploy.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The programs of this machine that a benchmark runs. */
final class Tools {
    private Tools() {}

    /** Throws a sentence that names all that are missing. @param packages command -> Debian package */
    static void require(Map<String, String> packages) throws BenchException {
        List<String> missing = packages.keySet().stream()
                .filter(command -> !installed(command))
                .sorted()
                .toList();
        if (!missing.isEmpty()) {
            TreeSet<String> from = new TreeSet<>();
            missing.forEach(command -> from.add(packages.get(command)));
            throw new BenchException("missing: " + String.join(", ", missing) + "; install the packages "
                    + String.join(", ", from) + " (./lawtap bench does it on Debian as root)");
        }
    }

    private static boolean installed(String command) {
        String path = System.getenv("PATH");
        return path != null
                && List.of(path.split(":", -1)).stream()
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, command)));
    }
}
