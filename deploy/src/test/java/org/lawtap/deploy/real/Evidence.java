package org.lawtap.deploy.real;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.lawtap.schemas.model.WarrantId;

/**
 * What tshark finds in a warrant's files: of each frame the pod in whose session it lies, and the UIDs that stand in its bytes.
 * Each pod of the scenes says its own UID in every datagram, so a UID that is not the session's is a foreign frame.
 */
final class Evidence {
    private static final Pattern POD = Pattern.compile("uid=(\\S+) node=(\\S+) session=(\\S+)");
    private static final Pattern SAID = Pattern.compile("id-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");

    /** Datagrams from a pod that say its own UID. */
    final Map<String, Integer> said = new HashMap<>();

    /** Frames in whose bytes stands the UID of another pod than their session's. */
    final List<String> foreign = new ArrayList<>();

    int frames;

    static Evidence read(Path directory, WarrantId warrant) throws Exception {
        Evidence evidence = new Evidence();
        Path files = directory.resolve("evidence").resolve(warrant.toString());
        if (Files.isDirectory(files)) {
            try (Stream<Path> all = Files.list(files)) {
                for (Path file : all.filter(path -> path.toString().endsWith(".pcapng"))
                        .sorted()
                        .toList()) {
                    evidence.file(file);
                }
            }
        }
        return evidence;
    }

    private void file(Path file) throws Exception {
        Path out = Files.createTempFile("lawtap-scene", ".fields");
        try {
            Process tshark = new ProcessBuilder(
                            "tshark",
                            "-n",
                            "-r",
                            file.toString(),
                            "-T",
                            "fields",
                            "-e",
                            "frame.number",
                            "-e",
                            "frame.interface_description",
                            "-e",
                            "_ws.col.Protocol",
                            "-e",
                            "ip.src",
                            "-e",
                            "udp.dstport",
                            "-e",
                            "udp.payload",
                            "-e",
                            "data.data",
                            "-e",
                            "tftp.source_file")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .redirectOutput(out.toFile())
                    .start();
            if (tshark.waitFor() != 0) {
                throw new IOException("tshark can't read " + file);
            }
            for (String line : Files.readAllLines(out, StandardCharsets.ISO_8859_1)) {
                frame(file, line);
            }
        } finally {
            Files.delete(out);
        }
    }

    private void frame(Path file, String line) {
        frames++;
        String[] fields = line.split("\t", -1);
        Matcher pod = POD.matcher(fields[1]);
        if (!pod.find()) {
            foreign.add(file.getFileName() + " frame " + fields[0] + " without a pod");
            return;
        }
        String owner = pod.group(1);
        // An answer that nobody is there quotes the datagram.
        boolean toServer = fields[4].equals("69") && !fields[2].equals("ICMP");
        boolean counted = false;
        for (String field : List.of(text(fields[5]), text(fields[6]), fields[7])) {
            Matcher said = SAID.matcher(field);
            while (said.find()) {
                if (!said.group(1).equals(owner)) {
                    foreign.add(file.getFileName() + " frame " + fields[0] + " in the session of " + owner + " says "
                            + said.group(1));
                } else if (toServer && !counted) {
                    counted = true;
                    this.said.merge(owner, 1, Integer::sum);
                }
            }
        }
    }

    private static String text(String hex) {
        StringBuilder text = new StringBuilder();
        String digits = hex.replace(":", "").replace(",", "");
        for (int i = 0; i + 1 < digits.length(); i += 2) {
            text.append((char) Integer.parseInt(digits.substring(i, i + 2), 16));
        }
        return text.toString();
    }
}
