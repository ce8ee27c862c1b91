package org.lawtap.deploy.operation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files that an operator's Prometheus and Grafana read. */
final class Observability {
    private static final Path DIRECTORY = Path.of("observability");
    private static final Pattern METRIC = Pattern.compile("lawtap_[a-z_]+");
    private static final Pattern ALERT = Pattern.compile("alert: (\\w+)");
    private static final Pattern TESTED = Pattern.compile("alertname: (\\w+)");

    private Observability() {}

    /** Every metric that is named there. */
    static Set<String> metrics(String file) throws IOException {
        return all(METRIC, file, 0);
    }

    static Set<String> alerts() throws IOException {
        return all(ALERT, "rules.yaml", 1);
    }

    static Set<String> testedAlerts() throws IOException {
        return all(TESTED, "rules-test.yaml", 1);
    }

    static String read(String file) throws IOException {
        return Files.readString(DIRECTORY.resolve(file));
    }

    private static Set<String> all(Pattern pattern, String file, int group) throws IOException {
        Set<String> found = new TreeSet<>();
        Matcher matcher = pattern.matcher(read(file));
        while (matcher.find()) {
            found.add(matcher.group(group));
        }
        return found;
    }
}
