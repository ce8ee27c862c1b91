package org.lawtap.deploy.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureFileTest {
    private static final int MICROS = 0xA1B2C3D4;
    private static final int NANOS = 0xA1B23C4D;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"micros big", "micros little", "nanos big", "nanos little"})
    void readsPcapInBothByteOrders(String form) throws Exception {
        ByteBuffer file = buffer(form.endsWith("little"));
        pcapHeader(file, form.startsWith("micros") ? MICROS : NANOS, 1);
        pcapRecord(file, 60, 60);
        pcapRecord(file, 14, 1500);
        assertThat(lengths(file)).containsExactly(60, 14);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsPcapngInBothByteOrders(boolean little) throws Exception {
        ByteBuffer file = buffer(little);
        section(file);
        interfaceBlock(file, 1, 0);
        enhancedPacket(file, 0, 61, 61);
        block(file, 5, new byte[12]);
        simplePacket(file, 62);
        assertThat(lengths(file)).containsExactly(61, 62);
    }

    @Test
    void aSimplePacketIsCutAtTheSnapLength() throws Exception {
        ByteBuffer file = buffer(true);
        section(file);
        interfaceBlock(file, 1, 40);
        ByteBuffer body = buffer(true);
        body.putInt(1500).put(new byte[40]);
        block(file, 3, bytes(body));
        try (CaptureFile capture = CaptureFile.open(write(file))) {
            CaptureFile.Frame frame = capture.next().orElseThrow();
            assertThat(frame.bytes()).hasSize(40);
            assertThat(frame.cut()).isTrue();
        }
    }

    @Test
    void aSecondSectionMayHaveAnotherByteOrder() throws Exception {
        ByteBuffer file = buffer(true);
        section(file);
        interfaceBlock(file, 1, 0);
        enhancedPacket(file, 0, 60, 60);
        file.order(ByteOrder.BIG_ENDIAN);
        section(file);
        interfaceBlock(file, 1, 0);
        enhancedPacket(file, 0, 70, 70);
        assertThat(lengths(file)).containsExactly(60, 70);
    }

    @Test
    void surveyTellsTheLongestFrameAndWhatIsCut() throws Exception {
        ByteBuffer file = buffer(true);
        pcapHeader(file, MICROS, 1);
        pcapRecord(file, 60, 60);
        pcapRecord(file, 9000, 9000);
        pcapRecord(file, 96, 1500);
        pcapRecord(file, 5, 5);
        assertThat(CaptureFile.survey(write(file))).isEqualTo(new CaptureFile.Survey(4, 9161, 9000, 1, 1));
    }

    @Test
    void anEmptyCaptureHasNoFrames() throws Exception {
        ByteBuffer file = buffer(true);
        pcapHeader(file, MICROS, 1);
        assertThat(lengths(file)).isEmpty();
    }

    @Test
    void refusesWhatIsNoCaptureFile() throws Exception {
        Path text = Files.writeString(directory.resolve("notes.txt"), "nothing of the kind");
        assertThatThrownBy(() -> CaptureFile.open(text))
                .isInstanceOf(CaptureFileException.class)
                .hasMessageContaining("notes.txt is not a capture file");
        Path empty = Files.createFile(directory.resolve("empty"));
        assertThatThrownBy(() -> CaptureFile.open(empty)).hasMessageContaining("is not a capture file: it has 0 bytes");
    }

    @Test
    void namesAFileThatIsMissing() {
        assertThatThrownBy(() -> CaptureFile.open(directory.resolve("absent.pcap")))
                .isInstanceOf(CaptureFileException.class)
                .hasMessageEndingWith("absent.pcap does not exist");
    }

    @Test
    void saysThatACompressedFileIsCompressed() throws Exception {
        Path packed = Files.write(directory.resolve("a.pcap.gz"), new byte[] {0x1F, (byte) 0x8B, 8, 0, 0});
        assertThatThrownBy(() -> CaptureFile.open(packed)).hasMessageContaining("is compressed");
    }

    @Test
    void refusesOtherLinkTypesOfPcap() {
        ByteBuffer file = buffer(true);
        pcapHeader(file, MICROS, 113);
        assertThatThrownBy(() -> lengths(file)).hasMessageContaining("link type 113 is not Ethernet");
    }

    @Test
    void refusesAFrameOfAnInterfaceThatIsNotEthernet() {
        ByteBuffer file = buffer(true);
        section(file);
        interfaceBlock(file, 1, 0);
        interfaceBlock(file, 276, 0);
        enhancedPacket(file, 0, 60, 60);
        enhancedPacket(file, 1, 60, 60);
        assertThatThrownBy(() -> lengths(file)).hasMessageContaining("link type 276 of frame 2 is not Ethernet");
    }

    @Test
    void refusesAFrameOfAnInterfaceThatIsNotDescribed() {
        ByteBuffer file = buffer(true);
        section(file);
        enhancedPacket(file, 0, 60, 60);
        assertThatThrownBy(() -> lengths(file)).hasMessageContaining("frame 1 of interface 0");
    }

    @Test
    void everyTruncationOfAPcapIsNoticedWithTheFrame() throws Exception {
        ByteBuffer file = buffer(true);
        pcapHeader(file, MICROS, 1);
        pcapRecord(file, 60, 60);
        int whole = file.position();
        pcapRecord(file, 60, 60);
        byte[] all = bytes(file);
        for (int length = whole + 1; length < all.length; length++) {
            Path cut = Files.write(directory.resolve("cut"), Arrays.copyOf(all, length));
            assertThatThrownBy(() -> CaptureFile.survey(cut))
                    .isInstanceOf(CaptureFileException.class)
                    .hasMessageContaining("is truncated: it ends at offset " + length + ", inside frame 2");
        }
    }

    @Test
    void everyTruncationOfAPcapngIsNoticed() throws Exception {
        ByteBuffer file = buffer(false);
        section(file);
        interfaceBlock(file, 1, 0);
        enhancedPacket(file, 0, 60, 60);
        int whole = file.position();
        enhancedPacket(file, 0, 61, 61);
        byte[] all = bytes(file);
        for (int length = whole + 1; length < all.length; length++) {
            Path cut = Files.write(directory.resolve("cut"), Arrays.copyOf(all, length));
            assertThatThrownBy(() -> CaptureFile.survey(cut))
                    .isInstanceOf(CaptureFileException.class)
                    .hasMessageContaining("is truncated");
        }
    }

    @Test
    void refusesImpossibleLengths() {
        ByteBuffer huge = buffer(true);
        pcapHeader(huge, MICROS, 1);
        huge.putInt(0).putInt(0).putInt(-1).putInt(-1);
        assertThatThrownBy(() -> lengths(huge)).hasMessageContaining("frame 1 of 4294967295 bytes");

        ByteBuffer small = buffer(true);
        section(small);
        small.putInt(6).putInt(8);
        assertThatThrownBy(() -> lengths(small)).hasMessageContaining("impossible length 8");

        ByteBuffer narrow = buffer(true);
        section(narrow);
        interfaceBlock(narrow, 1, 0);
        ByteBuffer body = buffer(true);
        body.putInt(0).putInt(0).putInt(0).putInt(60).putInt(60).put(new byte[8]);
        block(narrow, 6, bytes(body));
        assertThatThrownBy(() -> lengths(narrow))
                .hasMessageContaining("frame 1 of 60 bytes in a block with room for 8");
    }

    @Test
    void refusesABlockWhoseTwoLengthsDiffer() {
        ByteBuffer file = buffer(true);
        section(file);
        file.putInt(5).putInt(16).putInt(0).putInt(20);
        assertThatThrownBy(() -> lengths(file)).hasMessageContaining("begins with length 16 and ends with length 20");
    }

    private List<Integer> lengths(ByteBuffer file) throws IOException, CaptureFileException {
        List<Integer> lengths = new ArrayList<>();
        try (CaptureFile capture = CaptureFile.open(write(file))) {
            for (Optional<CaptureFile.Frame> next = capture.next(); next.isPresent(); next = capture.next()) {
                assertThat(next.get().number()).isEqualTo(lengths.size() + 1L);
                lengths.add(next.get().bytes().length);
            }
        }
        return lengths;
    }

    private Path write(ByteBuffer file) throws IOException {
        return Files.write(directory.resolve("a.pcap"), bytes(file));
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.position()];
        buffer.get(0, bytes);
        return bytes;
    }

    private static ByteBuffer buffer(boolean little) {
        return ByteBuffer.allocate(20_000).order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    }

    private static void pcapHeader(ByteBuffer file, int magic, int linkType) {
        file.putInt(magic).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0);
        file.putInt(262_144).putInt(linkType);
    }

    private static void pcapRecord(ByteBuffer file, int captured, int original) {
        file.putInt(1).putInt(2).putInt(captured).putInt(original).put(new byte[captured]);
    }

    private static void section(ByteBuffer file) {
        ByteBuffer body = ByteBuffer.allocate(16).order(file.order());
        body.putInt(0x1A2B3C4D).putShort((short) 1).putShort((short) 0).putLong(-1);
        block(file, 0x0A0D0D0A, body.array());
    }

    private static void interfaceBlock(ByteBuffer file, int linkType, int snapLength) {
        ByteBuffer body = ByteBuffer.allocate(8).order(file.order());
        body.putShort((short) linkType).putShort((short) 0).putInt(snapLength);
        block(file, 1, body.array());
    }

    private static void enhancedPacket(ByteBuffer file, int id, int captured, int original) {
        ByteBuffer body = ByteBuffer.allocate(20 + (captured + 3) / 4 * 4).order(file.order());
        body.putInt(id).putInt(0).putInt(0).putInt(captured).putInt(original);
        block(file, 6, body.array());
    }

    private static void simplePacket(ByteBuffer file, int original) {
        ByteBuffer body = ByteBuffer.allocate(4 + (original + 3) / 4 * 4).order(file.order());
        body.putInt(original);
        block(file, 3, body.array());
    }

    private static void block(ByteBuffer file, int type, byte[] body) {
        int length = 12 + body.length;
        file.putInt(type).putInt(length).put(body).putInt(length);
    }
}
