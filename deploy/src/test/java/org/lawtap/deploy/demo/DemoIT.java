package org.lawtap.deploy.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The demo as its user runs it, checked with tools that are not ours; needs root, tshark and tcpdump. */
class DemoIT {
    private static final int DEMO_TIMEOUT_SECONDS = 300;

    @TempDir
    Path work;

    private record Result(int code, String out, String err) {}

    @Test
    void keepsEveryPacketOfTheTargetAndNothingElse() throws Exception {
        Path dir = work.resolve("scene");
        Result result = finish(demo("--dir", dir.toString()));
        assertThat(result.code()).as(result.out() + result.err()).isZero();

        JsonNode summary = JsonMapper.shared().readTree(Files.readString(dir.resolve("summary.json")));
        assertThat(summary.path("ok").asBoolean()).isTrue();
        assertThat(summary.path("sessions").size()).isEqualTo(4);
        Map<String, Long> byTshark = new HashMap<>();
        StringBuilder hosts = new StringBuilder();
        for (JsonNode file : summary.path("files")) {
            Path path = dir.resolve(file.path("name").asString());
            assertThat(run("sha256sum", path.toString()).out())
                    .startsWith(file.path("sha256").asString());
            assertThat(run("capinfos", path.toString()).code()).isZero();
            assertThat(run("tcpdump", "-nr", path.toString(), "-w", "/dev/null").code())
                    .isZero();
            Result tshark = run("tshark", "-r", path.toString(), "-T", "fields", "-e", "frame.interface_description");
            assertThat(tshark.code()).isZero();
            Matcher session = Pattern.compile("session=(\\S+)").matcher(tshark.out());
            while (session.find()) {
                byTshark.merge(session.group(1), 1L, Long::sum);
            }
        }
        for (JsonNode session : summary.path("sessions")) {
            assertThat(byTshark.get(session.path("session").asString()))
                    .isEqualTo(session.path("packets").asLong());
        }
        for (JsonNode life : summary.path("truth")) {
            assertThat(byTshark.get(life.path("session").asString()))
                    .isBetween(
                            life.path("packetsUnderWarrantLeast").asLong(),
                            life.path("packetsUnderWarrantMost").asLong());
        }
        for (JsonNode file : summary.path("files")) {
            Path path = dir.resolve(file.path("name").asString());
            hosts.append(
                    run("tshark", "-r", path.toString(), "-q", "-z", "hosts").out());
        }
        for (JsonNode life : summary.path("truth")) {
            assertThat(hosts.toString())
                    .containsPattern(Pattern.quote(life.path("address").asString()) + "\\s+"
                            + Pattern.quote(life.path("pod").asString()) + "\\.");
        }
        // Two bystanders talk to each other all the time: every IP packet in the files has an end at a target pod.
        assertThat(summary.path("foreignFrames").asLong()).isZero();
        List<String> targets = new ArrayList<>();
        summary.path("truth")
                .forEach(
                        life -> targets.add("ip.addr == " + life.path("address").asString()));
        for (JsonNode file : summary.path("files")) {
            Path path = dir.resolve(file.path("name").asString());
            Result others =
                    run("tshark", "-r", path.toString(), "-Y", "ip and not (" + String.join(" or ", targets) + ")");
            assertThat(others.code()).isZero();
            assertThat(others.out()).isEmpty();
        }
    }

    @Test
    void keepsNoContentUnderAWarrantForHeadersOnly() throws Exception {
        Path dir = work.resolve("headers");
        Result result = finish(demo("--dir", dir.toString(), "--headers-only"));
        assertThat(result.code()).as(result.out() + result.err()).isZero();

        JsonNode summary = JsonMapper.shared().readTree(Files.readString(dir.resolve("summary.json")));
        for (JsonNode session : summary.path("sessions")) {
            assertThat(session.path("cutByScopeBytes").asLong()).isPositive();
        }
        // The pods speak HTTP all the time: no file of the evidence has a word of it.
        Result content = run(
                "grep",
                "-rlaE",
                "User-Agent: |HTTP/1.1 200 OK",
                dir.resolve("evidence").toString());
        assertThat(content.code()).as(content.out()).isEqualTo(1);
        for (JsonNode file : summary.path("files")) {
            Path path = dir.resolve(file.path("name").asString());
            assertThat(run("capinfos", path.toString()).code()).isZero();
            Result longest = run("tshark", "-r", path.toString(), "-T", "fields", "-e", "frame.cap_len");
            assertThat(longest.out().lines().mapToInt(Integer::parseInt))
                    .isNotEmpty()
                    .allMatch(length -> length <= 14 + 40 + 60);
        }
        Result lawtap = finish(lawtap("verify", dir.toString()));
        assertThat(lawtap.code()).as(lawtap.out() + lawtap.err()).isZero();
        assertThat(lawtap.out()).contains("holds headers only");
        Path script = Path.of("..", "docs", "verify.py").toAbsolutePath().normalize();
        Result python = run("python3", "-B", script.toString(), dir.toString());
        assertThat(python.code()).as(python.out() + python.err()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ring", "pcap4j"})
    void replaysACaptureFileByteForByte(String engine) throws Exception {
        List<byte[]> frames = new ArrayList<>();
        for (int size : new int[] {14, 60, 64, 594, 1514, 9000, 65_000}) {
            frames.add(frame(size, size));
        }
        byte[] tagged = frame(200, 1);
        tagged[12] = (byte) 0x81;
        tagged[13] = 0;
        frames.add(tagged);
        for (int i = 0; i < 2000; i++) {
            frames.add(frame(60 + i % 1400, i));
        }
        List<byte[]> withRunt = new ArrayList<>(frames);
        withRunt.add(5, new byte[10]);
        Path input = work.resolve("input.pcap");
        writePcap(input, withRunt);

        Path dir = work.resolve("replay");
        Result result = finish(demo("--dir", dir.toString(), "--replay", input.toString(), "--engine", engine));
        assertThat(result.code()).as(result.out() + result.err()).isZero();
        assertThat(result.out()).contains("frame 6 of 10 bytes was not sent: shorter than an Ethernet header");

        JsonNode summary = JsonMapper.shared().readTree(Files.readString(dir.resolve("summary.json")));
        assertThat(summary.path("replay").path("skipped").asLong()).isEqualTo(1);
        Path sent = work.resolve("sent.pcap");
        writePcap(sent, frames);
        Path evidence = dir.resolve(summary.path("files").get(0).path("name").asString());
        assertThat(hex(evidence)).isEqualTo(hex(sent));
    }

    @Test
    void leavesNothingBehindAfterAKillAndTheNextStart() throws Exception {
        Process first = demo("--dir", work.resolve("killed").toString());
        String begun = awaitLine(first, "New pod");
        assertThat(begun).contains("New pod");
        String name = namespacesOf(first);
        assertThat(run("ip", "netns", "list").out()).contains(name);
        first.destroyForcibly().waitFor();

        Path input = work.resolve("one.pcap");
        writePcap(input, List.of(frame(100, 1)));
        Result next = finish(demo("--dir", work.resolve("next").toString(), "--replay", input.toString()));
        assertThat(next.code()).as(next.out() + next.err()).isZero();
        assertThat(next.out()).contains("removed what an earlier demo left behind");
        assertThat(run("ip", "netns", "list").out()).doesNotContain(name);
    }

    @Test
    void saysInOneSentenceWhyItCanNotBegin() throws Exception {
        Path full = Files.createDirectories(work.resolve("full"));
        Files.writeString(full.resolve("something"), "here");
        assertOneSentence(finish(demo("--dir", full.toString())), "is not empty");

        Path text = Files.writeString(work.resolve("text.pcap"), "this is no capture file at all, just text\n");
        assertOneSentence(
                finish(demo("--dir", work.resolve("a").toString(), "--replay", text.toString())), "text.pcap");
        assertOneSentence(
                finish(demo("--dir", work.resolve("b").toString(), "--replay", "/nowhere.pcap")), "/nowhere.pcap");
    }

    private static void assertOneSentence(Result result, String part) {
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err().strip()).doesNotContain("\n").contains(part).doesNotContain("Exception");
    }

    /** The prefix of the namespaces that a demo of this process made. */
    private static String namespacesOf(Process demo) throws Exception {
        for (String claim : run("sh", "-c", "grep -l '^pid=" + demo.pid() + "$' /run/lawtap/*")
                .out()
                .split("\n", -1)) {
            if (!claim.isBlank()) {
                return "lawtap-"
                        + Path.of(claim.strip()).getFileName().toString().substring(0, 8) + "-";
            }
        }
        throw new AssertionError("no claim of process " + demo.pid());
    }

    private static String awaitLine(Process process, String part) throws IOException {
        var reader = process.inputReader();
        String line = reader.readLine();
        while (line != null && !line.contains(part)) {
            line = reader.readLine();
        }
        return String.valueOf(line);
    }

    private static String hex(Path capture) throws Exception {
        return run("sh", "-c", "tcpdump -nr '" + capture + "' -xx -t 2>/dev/null | grep -E '^[[:space:]]+0x'")
                .out();
    }

    private static byte[] frame(int size, int seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        byte[] head = {0x02, 0x77, 0, 0, 0, 1, 0x02, 0x77, 0, 0, 0, 2, (byte) 0x88, (byte) 0xb5};
        System.arraycopy(head, 0, bytes, 0, head.length);
        return bytes;
    }

    private static void writePcap(Path file, List<byte[]> frames) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0xa1b2c3d4);
        out.writeShort(2);
        out.writeShort(4);
        out.writeInt(0);
        out.writeInt(0);
        out.writeInt(262_144);
        out.writeInt(1);
        int second = 0;
        for (byte[] frame : frames) {
            out.writeInt(1_700_000_000 + second++);
            out.writeInt(0);
            out.writeInt(frame.length);
            out.writeInt(frame.length);
            out.write(frame);
        }
        Files.write(file, bytes.toByteArray());
    }

    private static Process demo(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("demo"));
        command.addAll(List.of(arguments));
        return lawtap(command.toArray(String[]::new));
    }

    private static Process lawtap(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "unshare",
                "--net",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                Path.of("target", "lib").toAbsolutePath() + "/*",
                "org.lawtap.deploy.Lawtap"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).start();
    }

    private static Result run(String... command) throws Exception {
        return finish(new ProcessBuilder(command).start());
    }

    private static Result finish(Process process) throws Exception {
        StringBuilder err = new StringBuilder();
        Thread reader = Thread.ofVirtual().start(() -> {
            try {
                err.append(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                err.append(e);
            }
        });
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(DEMO_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        reader.join();
        return new Result(process.waitFor(), out, err.toString());
    }
}
