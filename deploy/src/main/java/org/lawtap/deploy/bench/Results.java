package org.lawtap.deploy.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one command measured, as tables for readers and as JSON for programs.
 *
 * <pre>
 *   {"machine": {"cores", "processor", "memoryMiB", "kernel", "jdk", "date"}, "options": {...}, "...": [RUN...],
 *    "ratios": {NAME: {SIZE: 0.5, ...}, ...}, "ok": true}
 * </pre>
 */
final class Results {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final String GAP = "  ";

    private final ObjectNode json = MAPPER.createObjectNode();
    private final PrintStream out;

    /** Says on what machine this is. */
    Results(PrintStream out) {
        this.out = out;
        ObjectNode machine = json.putObject("machine");
        machine.put("cores", Runtime.getRuntime().availableProcessors());
        machine.put("processor", processor());
        machine.put("memoryMiB", memoryMib());
        machine.put("kernel", System.getProperty("os.version"));
        machine.put("jdk", System.getProperty("java.vendor") + " " + System.getProperty("java.version"));
        machine.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        json.putObject("ratios");
        out.println("machine: " + machine.path("cores").asInt() + " cores ("
                + machine.path("processor").asString() + "), "
                + machine.path("memoryMiB").asLong()
                + " MiB, kernel " + machine.path("kernel").asString() + ", JDK "
                + machine.path("jdk").asString() + ", " + machine.path("date").asString());
    }

    /** Where the options of this run stand. */
    ObjectNode options() {
        return json.withObject("/options");
    }

    /** A list of raw figures. */
    ArrayNode list(String name) {
        return json.withArray("/" + name);
    }

    /** Keeps a sentence. */
    void put(String name, String text) {
        json.put(name, text);
    }

    /** Keeps a ratio. */
    void ratio(String name, String size, double value) {
        ((ObjectNode) json.path("ratios")).withObject("/" + name).put(size, value);
    }

    /** Prints a line. */
    void say(String line) {
        out.println(line);
    }

    /** Prints a table: its first row is the head, the first column stands left, the others right. */
    void table(String title, List<List<String>> rows) {
        out.println();
        out.println(title);
        List<Integer> widths = new ArrayList<>();
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                if (i == widths.size()) {
                    widths.add(0);
                }
                widths.set(i, Math.max(widths.get(i), row.get(i).length()));
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                String padding = " ".repeat(widths.get(i) - row.get(i).length());
                line.append(GAP).append(i == 0 ? row.get(i) + padding : padding + row.get(i));
            }
            out.println(line.toString().stripTrailing());
        }
    }

    /** Writes the JSON. @param ok whether all that was measured was also right */
    void write(Path file, boolean ok) throws BenchException {
        json.put("ok", ok);
        try {
            Files.writeString(file, MAPPER.writeValueAsString(json) + "\n");
        } catch (IOException e) {
            throw new BenchException("the figures could not be written to " + file + ": " + e.getMessage(), e);
        }
    }

    private static long memoryMib() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize() >> 20
                : 0;
    }

    private static String processor() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
