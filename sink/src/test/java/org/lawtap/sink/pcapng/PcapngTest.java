package org.lawtap.sink.pcapng;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PcapngTest {
    private static final long TIME_NS = 1_795_521_600_123_456_789L;

    /** Section header, interface description, enhanced packet, interface statistics, each as the draft draws it. */
    private static final String GOLDEN = """
            0a0d0d0a 28000000 4d3c2b1a 01000000 ffffffffffffffff 0400 0400 74657374 00000000 28000000
            01000000 54000000 0100 0000 ffff0000 0200 0500 7665746831000000 0300 0300 70207100
            0600 0600 0200000000010000 0900 0100 09000000 0b00 0400 00746370 0c00 0500 4c696e7578000000
            00000000 54000000
            06000000 4c000000 00000000 HHHHHHHH LLLLLLLL 05000000 dc050000 0102030405000000
            0200 0400 01020000 0400 0800 0300000000000000 0500 0800 0700000000000000 00000000 4c000000
            05000000 64000000 00000000 HHHHHHHH LLLLLLLL
            0200 0800 HHHHHHHH LLLLLLLL 0300 0800 HHHHHHHH LLLLLLLL
            0400 0800 0a00000000000000 0600 0800 0b00000000000000 0700 0800 0c00000000000000
            0800 0800 0d00000000000000 00000000 64000000
            """;

    private static final List<PcapngBlocks.Named> NAMES = List.of(
            new PcapngBlocks.Named(ByteBuffer.wrap(new byte[] {10, 0, 0, 1}), List.of("web", "dp")),
            new PcapngBlocks.Named(
                    ByteBuffer.wrap(HexFormat.of().parseHex("20010db8000000000000000000000001")), List.of("a")));

    @TempDir
    Path directory = Path.of("");

    @Test
    void theBytesArePinned() {
        String high = HexFormat.of().formatHex(littleEndian((int) (TIME_NS >>> 32)));
        String low = HexFormat.of().formatHex(littleEndian((int) TIME_NS));
        String expected =
                GOLDEN.replace("HHHHHHHH", high).replace("LLLLLLLL", low).replaceAll("\\s", "");
        assertThat(HexFormat.of().formatHex(bytes(small()))).isEqualTo(expected);
    }

    @Test
    void readsBackTheInterfacesAndPacketsItWrote() throws IOException, PcapngException {
        List<PcapngReader.Frame> frames = new ArrayList<>();
        try (PcapngReader reader = PcapngReader.open(write(bytes(small())))) {
            for (PcapngReader.Frame frame = reader.next(); frame != null; frame = reader.next()) {
                frames.add(frame);
            }
            assertThat(reader.interfaces()).containsExactly(new PcapngReader.Described(1, 65535, "veth1", "p q"));
        }
        assertThat(frames)
                .containsExactly(new PcapngReader.Frame(
                        0, TIME_NS, 0x201, 7, 3, 1500, ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5})));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 1500, 65535, 262_144})
    void readsBackAPacketOfAnyLength(int length) throws IOException, PcapngException {
        byte[] data = new byte[length];
        Arrays.fill(data, (byte) 0xab);
        PcapngBlocks blocks = new PcapngBlocks(16);
        blocks.sectionHeader("test");
        blocks.interfaceDescription(described(null, new byte[0]));
        blocks.packet(0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 0, length, data, 0, data.length);
        try (PcapngReader reader = PcapngReader.open(write(bytes(blocks)))) {
            assertThat(reader.next())
                    .isEqualTo(new PcapngReader.Frame(
                            0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 0, length, ByteBuffer.wrap(data)));
            assertThat(reader.next()).isNull();
        }
    }

    @Test
    void theInitialSizeOfTheBufferDoesNotMatter() {
        assertThat(bytes(small(1))).isEqualTo(bytes(small(1 << 20)));
    }

    @Test
    void leavesOutAHardwareAddressThatIsNoneAndAFilterThatIsNone() {
        PcapngBlocks with = new PcapngBlocks(256);
        with.interfaceDescription(described("tcp", new byte[6]));
        PcapngBlocks without = new PcapngBlocks(256);
        without.interfaceDescription(described(null, new byte[0]));
        assertThat(with.size() - without.size()).isEqualTo(12 + 8);
    }

    @Test
    void refusesAFileThatEndsInsideABlock() throws IOException {
        byte[] whole = bytes(small());
        for (int length : new int[] {1, 39, 41, 127, 129, whole.length - 1}) {
            Path file = write(Arrays.copyOf(whole, length));
            assertThatExceptionOfType(PcapngException.class)
                    .as("%d bytes", length)
                    .isThrownBy(() -> readAll(file));
        }
    }

    @Test
    void readsWholeBlocksOfAFileThatIsStillGrowing() throws IOException, PcapngException {
        readAll(write(Arrays.copyOf(bytes(small()), 40)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 8, 12, 14, 36, 40, 44, 120, 124, 128, 132, 144, 196, 200, 204, 296})
    void refusesAChangedStructure(int at) throws IOException {
        byte[] changed = bytes(small());
        changed[at] ^= 0x55;
        Path file = write(changed);
        assertThatExceptionOfType(PcapngException.class).isThrownBy(() -> readAll(file));
    }

    @Test
    void theBytesOfNamesArePinned() {
        PcapngBlocks blocks = new PcapngBlocks(16);
        blocks.nameResolution(NAMES);
        assertThat(HexFormat.of().formatHex(bytes(blocks))).isEqualTo("""
                04000000 38000000
                0100 0b00 0a000001 776562 00 647000 00
                0200 1200 20010db8000000000000000000000001 6100 0000
                00000000 38000000
                """.replaceAll("\\s", ""));
    }

    @Test
    void readsBackTheNamesItWrote() throws IOException, PcapngException {
        PcapngBlocks blocks = small();
        blocks.nameResolution(NAMES);
        Path file = write(bytes(blocks));
        try (PcapngReader reader = PcapngReader.open(file)) {
            assertThat(reader.next()).isNotNull();
            assertThat(reader.next()).isNull();
            assertThat(reader.names()).isEqualTo(NAMES);
        }
        assertThat(PcapngCheck.any(file).findings()).isEmpty();
    }

    @Test
    void refusesNamesThatAPcapngFileCantHold() {
        ByteBuffer address = ByteBuffer.wrap(new byte[4]);
        for (List<String> names : List.of(List.<String>of(), List.of(""), List.of("a\0b"))) {
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> new PcapngBlocks.Named(address, names));
        }
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new PcapngBlocks.Named(ByteBuffer.wrap(new byte[5]), List.of("a")));
    }

    @Test
    void refusesAnEmptyFile() throws IOException {
        Path file = write(new byte[0]);
        assertThatExceptionOfType(PcapngException.class).isThrownBy(() -> readAll(file));
    }

    private static PcapngBlocks small() {
        return small(256);
    }

    private static PcapngBlocks small(int initialBytes) {
        PcapngBlocks blocks = new PcapngBlocks(initialBytes);
        blocks.sectionHeader("test");
        blocks.interfaceDescription(described("tcp", new byte[] {2, 0, 0, 0, 0, 1}));
        blocks.packet(0, TIME_NS, 0x201, 7, 3, 1500, new byte[] {9, 1, 2, 3, 4, 5}, 1, 5);
        blocks.statistics(0, new PcapngBlocks.Statistics(TIME_NS, TIME_NS, 10, 11, 12, 13));
        return blocks;
    }

    private static PcapngBlocks.Interface described(@Nullable String filter, byte[] hardwareAddress) {
        return new PcapngBlocks.Interface(1, 65535, "veth1", "p q", ByteBuffer.wrap(hardwareAddress), filter, "Linux");
    }

    private static void readAll(Path file) throws IOException, PcapngException {
        try (PcapngReader reader = PcapngReader.open(file)) {
            PcapngReader.Frame frame = reader.next();
            while (frame != null) {
                frame = reader.next();
            }
        }
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("test.pcapng"), bytes);
    }

    private static byte[] bytes(PcapngBlocks blocks) {
        ByteBuffer taken = blocks.take();
        byte[] bytes = new byte[taken.remaining()];
        taken.get(bytes);
        return bytes;
    }

    private static byte[] littleEndian(int value) {
        return ByteBuffer.allocate(4).putInt(Integer.reverseBytes(value)).array();
    }
}
