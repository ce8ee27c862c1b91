package org.lawtap.sink.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.wire.PacketCodec;

/** Evidence opens in everyone's tools; needs tshark, capinfos and tcpdump. */
class TsharkIT {
    @TempDir
    Path root = Path.of("");

    private Path file = Path.of("");

    @BeforeEach
    void writeTwoSessions() throws IOException, EvidenceException {
        EvidenceFiles files = EvidenceFiles.open(root, Log.WARRANT);
        try (EvidenceSeries series = new EvidenceSeries(files, 1 << 20, new DeafListener())) {
            long offset = 0;
            for (PacketEvent event : Log.twoSessions(64)) {
                series.accept(offset++, PacketCodec.encode(event));
            }
            series.flush();
            file = root.resolve(Log.WARRANT.toString()).resolve(files.name());
        }
    }

    @Test
    void tsharkShowsOurSequenceAndOurPod() throws IOException, InterruptedException {
        List<String> lines = run(
                        "tshark",
                        "-r",
                        file.toString(),
                        "-T",
                        "fields",
                        "-e",
                        "frame.packet_id",
                        "-e",
                        "frame.interface_name",
                        "-e",
                        "frame.interface_description")
                .lines()
                .filter(line -> line.contains("\t"))
                .toList();
        String a = "\tvetha\tshop/web-a uid=uid-a node=n1 session=" + Log.A + " warrant=" + Log.WARRANT;
        String b = "\tvethb\tshop/web-b uid=uid-b node=n1 session=" + Log.B + " warrant=" + Log.WARRANT;
        assertThat(lines)
                .containsExactly(
                        "0" + a, "1" + a, "2" + a, "0" + b, "1" + b, "3" + a, "4" + a, "5" + a, "2" + b, "3" + b,
                        "4" + b, "5" + b, "6" + b, "7" + b, "8" + b, "9" + b, "10" + b);
    }

    @Test
    void tsharkShowsOurTimesToTheNanosecond() throws IOException, InterruptedException {
        assertThat(run("tshark", "-r", file.toString(), "-c", "2", "-T", "fields", "-e", "frame.time_epoch"))
                .contains("1795521600.000000000")
                .contains("1795521600.000001000");
    }

    @Test
    void tsharkShowsDirectionAndDrops() throws IOException, InterruptedException {
        assertThat(run(
                        "tshark",
                        "-r",
                        file.toString(),
                        "-Y",
                        "frame.packet_flags_direction == 1",
                        "-T",
                        "fields",
                        "-e",
                        "frame.packet_id"))
                .contains("0\n2\n0\n");
        assertThat(run(
                        "tshark",
                        "-r",
                        file.toString(),
                        "-Y",
                        "frame.drop_count",
                        "-T",
                        "fields",
                        "-e",
                        "frame.packet_id",
                        "-e",
                        "frame.drop_count"))
                .contains("5\t2");
    }

    @Test
    void capinfosAccountsForOurInterfaces() throws IOException, InterruptedException {
        assertThat(run("capinfos", file.toString()))
                .contains("Number of packets:   17")
                .contains("Number of interfaces in file: 2")
                .contains("lawtap evidence format 3");
    }

    @Test
    void tcpdumpReadsIt() throws IOException, InterruptedException {
        assertThat(run("tcpdump", "-n", "-r", file.toString())).contains("reading from file");
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }
}
