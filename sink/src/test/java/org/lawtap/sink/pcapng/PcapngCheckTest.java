package org.lawtap.sink.pcapng;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lawtap.sink.pcapng.CraftedFiles.Case;
import org.lawtap.sink.pcapng.PcapngReport.Verdict;

final class PcapngCheckTest {
    @TempDir
    Path directory = Path.of("");

    @ParameterizedTest
    @MethodSource("cases")
    void judgesEachKindOfFile(Case file) throws IOException {
        PcapngReport report = PcapngCheck.any(write(file.bytes()));
        long at =
                report.findings().isEmpty() ? -1 : report.findings().getFirst().offset();
        assertThat(List.of(report.verdict(), (int) report.packets(), (int) at))
                .as(report.findings().toString())
                .isEqualTo(List.of(file.verdict(), file.packets(), file.at()));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatIsWrongForAnybodyIsWrongForUs(Case file) throws IOException {
        Path path = write(file.bytes());
        assertThat(PcapngCheck.ours(path).verdict())
                .isGreaterThanOrEqualTo(PcapngCheck.any(path).verdict());
    }

    @Test
    void acceptsWhatWeWrite() throws IOException {
        PcapngReport report = PcapngCheck.ours(write(ours().bytes()));
        assertThat(report.findings()).isEmpty();
        assertThat(report)
                .extracting(
                        PcapngReport::sections,
                        PcapngReport::interfaces,
                        PcapngReport::packets,
                        PcapngReport::statistics)
                .containsExactly(1, 1, 1L, 1L);
    }

    @Test
    void acceptsEveryWholeBlockOfAFileThatIsStillGrowing() throws IOException {
        byte[] whole = ours().bytes();
        int accepted = 0;
        for (int length = 1; length <= whole.length; length++) {
            PcapngReport report = PcapngCheck.ours(write(java.util.Arrays.copyOf(whole, length)));
            accepted += report.verdict() == Verdict.ACCEPTED ? 1 : 0;
            assertThat(report.readTo()).isLessThanOrEqualTo(length);
        }
        assertThat(accepted).isEqualTo(4);
    }

    @Test
    void namesWhatIsNotOfOurProfile() throws IOException {
        Crafted crafted = new Crafted(ByteOrder.BIG_ENDIAN);
        crafted.section()
                .described(1, 0, crafted.options(crafted.option(9, new byte[] {6}), crafted.option(2, "eth0")))
                .described(1, 100, NONE)
                .packet(60)
                .statistics(0, NONE)
                .block(PcapngBlocks.CUSTOM, new byte[8])
                .then(Crafted.begun(ByteOrder.LITTLE_ENDIAN));
        assertThat(PcapngCheck.ours(write(crafted.bytes())).findings())
                .map(PcapngReport.Finding::text)
                .filteredOn(text -> text.startsWith("profile: "))
                .map(text -> text.substring("profile: ".length()))
                .contains(
                        "a big-endian section",
                        "option 4 is missing",
                        "times that are no nanoseconds",
                        "option 2 where it has no place",
                        "a second link type or snap length",
                        "option 5 is missing",
                        "option 8 is missing",
                        "a block of the type 0xbad",
                        "a second section");
        assertThat(PcapngCheck.any(write(crafted.bytes())).verdict()).isEqualTo(Verdict.ACCEPTED);
    }

    @Test
    void neverFallsOverAChangedByte() throws IOException {
        for (Case file : cases()) {
            if (file.bytes().length > 1000) {
                continue;
            }
            for (int at = 0; at < file.bytes().length; at++) {
                byte[] changed = file.bytes().clone();
                changed[at] ^= (byte) (1 << at % 8);
                assertThat(PcapngCheck.ours(write(changed)).readTo()).isLessThanOrEqualTo(changed.length);
            }
        }
    }

    private static final byte[] NONE = {};

    private static Crafted ours() {
        PcapngBlocks blocks = new PcapngBlocks(256);
        blocks.sectionHeader("lawtap evidence format 1");
        blocks.interfaceDescription(new PcapngBlocks.Interface(
                1, 262_144, "veth1", "shop/web", ByteBuffer.wrap(new byte[] {2, 0, 0, 0, 0, 1}), "tcp", "Linux"));
        blocks.packet(0, 1_795_521_600_123_456_789L, 0x201, 7, 3, 1500, new byte[] {1, 2, 3, 4, 5}, 0, 5);
        blocks.statistics(0, new PcapngBlocks.Statistics(1, 2, 10, 11, 12, 13));
        ByteBuffer taken = blocks.take();
        byte[] bytes = new byte[taken.remaining()];
        taken.get(bytes);
        return new Crafted(ByteOrder.LITTLE_ENDIAN).raw(bytes);
    }

    private static List<Case> cases() {
        return CraftedFiles.all();
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("crafted.pcapng"), bytes);
    }
}
