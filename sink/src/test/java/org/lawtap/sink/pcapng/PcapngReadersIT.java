package org.lawtap.sink.pcapng;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.sink.pcapng.CraftedFiles.Case;
import org.lawtap.sink.pcapng.PcapngReport.Verdict;

/** Our check beside what others' readers say of the same files; needs tshark, capinfos and tcpdump. */
final class PcapngReadersIT {
    private static final Pattern CAPINFOS = Pattern.compile("Number of packets: *(\\d+)");

    @TempDir
    Path directory = Path.of("");

    private record Read(boolean whole, long packets) {
        @Override
        public String toString() {
            return (whole ? "reads " : "stops ") + packets;
        }
    }

    @Test
    void readersSayWhatWeSayOfThem() throws IOException, InterruptedException {
        List<String> table = new ArrayList<>();
        SoftAssertions softly = new SoftAssertions();
        int number = 0;
        for (Case file : CraftedFiles.all()) {
            Path path = Files.write(directory.resolve(number++ + ".pcapng"), file.bytes());
            PcapngReport ours = PcapngCheck.any(path);
            Read tcpdump = lines("tcpdump", "-n", "-e", "-t", "-r", path.toString());
            Read capinfos = capinfos(path);
            // capinfos reads with the same library, and starts much faster.
            Read tshark = file.order() == ByteOrder.LITTLE_ENDIAN
                    ? lines("tshark", "-n", "-r", path.toString(), "-T", "fields", "-e", "frame.number")
                    : capinfos;
            table.add("%-55s %-8s %7d  tshark %-8s capinfos %-8s tcpdump %-8s %s"
                    .formatted(
                            file,
                            ours.verdict(),
                            ours.packets(),
                            tshark,
                            capinfos,
                            tcpdump,
                            ours.findings().isEmpty() ? "" : ours.findings().getFirst()));
            softly.assertThat(tshark.whole()).as("tshark: " + file).isEqualTo(file.tshark());
            softly.assertThat(tcpdump.whole()).as("tcpdump: " + file).isEqualTo(file.libpcap());
            if (ours.verdict() == Verdict.ACCEPTED) {
                softly.assertThat(capinfos).as("capinfos: " + file).isEqualTo(new Read(true, ours.packets()));
            }
            if (ours.findings().isEmpty()) {
                softly.assertThat(tcpdump).as("tcpdump: " + file).isEqualTo(new Read(true, ours.packets()));
            }
        }
        System.out.println(String.join("\n", table));
        softly.assertAll();
    }

    /** Nothing that a reader stops at is accepted without a word. */
    @Test
    void whatAReaderRefusesWeTell() {
        assertThat(CraftedFiles.all())
                .filteredOn(file -> !file.tshark() || !file.libpcap())
                .allMatch(file -> file.at() >= 0);
    }

    private static Read lines(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        long lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.startsWith("\t"))
                .count();
        return new Read(process.waitFor() == 0, lines);
    }

    private static Read capinfos(Path file) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("capinfos", "-M", "-c", file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        Matcher matcher = CAPINFOS.matcher(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        long packets = matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
        return new Read(process.waitFor() == 0, packets);
    }
}
