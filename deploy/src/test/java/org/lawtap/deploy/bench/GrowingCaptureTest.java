package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrowingCaptureTest {
    private static final long SECOND = 1_000_000_000L;

    @TempDir
    Path directory;

    private final List<Long> times = new ArrayList<>();

    @Test
    void countsNothingWhereNothingIsYet() throws Exception {
        try (GrowingCapture capture = new GrowingCapture(directory.resolve("later"), ".pcap")) {
            assertThat(capture.read(times::add)).isZero();
        }
    }

    @Test
    void countsARecordWhenItIsWhole() throws Exception {
        byte[] header = words(0xA1B2C3D4, 0x00040002, 0, 0, 65_535, 1);
        byte[] record = concat(words(7, 5, 4, 4), new byte[] {1, 2, 3, 4});
        try (GrowingCapture capture = new GrowingCapture(directory, ".pcap")) {
            append("a.pcap", Arrays.copyOf(header, 10));
            assertThat(capture.read(times::add)).isZero();
            append("a.pcap", Arrays.copyOfRange(header, 10, header.length));
            append("a.pcap", record);
            append("a.pcap", Arrays.copyOf(record, 18));
            assertThat(capture.read(times::add)).isEqualTo(1);
            append("a.pcap", Arrays.copyOfRange(record, 18, record.length));
            assertThat(capture.read(times::add)).isEqualTo(2);
        }
        assertThat(times).containsExactly(7 * SECOND + 5000, 7 * SECOND + 5000);
    }

    @Test
    void readsNanosecondsAndGoesOnInTheNextFile() throws Exception {
        long time = 3 * SECOND + 42;
        byte[] section = words(0x0A0D0D0A, 28, 0x1A2B3C4D, 1, -1, -1, 28);
        byte[] described = words(1, 32, 1, 0, 9 | 1 << 16, 9, 0, 32);
        byte[] packet = words(6, 36, 0, (int) (time >>> 32), (int) time, 2, 2, 0xFFFF, 36);
        byte[] statistics = words(5, 24, 0, 0, 0, 24);
        append("w-000001.pcapng", concat(section, described, packet, statistics, packet));
        append("w-000002.pcapng", concat(section, described, packet));
        append("other.txt", new byte[] {1});
        try (GrowingCapture capture = new GrowingCapture(directory, ".pcapng")) {
            assertThat(capture.read(times::add)).isEqualTo(3);
        }
        assertThat(times).containsExactly(time, time, time);
    }

    private void append(String file, byte[] bytes) throws IOException {
        Files.write(directory.resolve(file), bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static byte[] words(int... words) {
        ByteBuffer bytes = ByteBuffer.allocate(words.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(words);
        return bytes.array();
    }

    private static byte[] concat(byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteBuffer all = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }
}
