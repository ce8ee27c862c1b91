package org.lawtap.sink.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.wire.PacketCodec;

/** Evidence on a file system of 1 MiB. Needs root. */
class FullDiskIT {
    private final List<byte[]> log =
            Log.twoSessions(9000).stream().map(PacketCodec::encode).toList();

    @TempDir
    private Path disk;

    @TempDir
    private Path elsewhere;

    @BeforeEach
    void mount() throws Exception {
        run("mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", disk.toString());
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", disk.toString());
    }

    @Test
    void completesTheFilesToTheSameBytesWhenThereIsSpaceAgain() throws Exception {
        write(elsewhere);
        Path filler = Files.write(disk.resolve("filler"), new byte[900 << 10]);
        for (int tries = 0; tries < 2; tries++) {
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> write(disk))
                    .withMessageContaining("No space left on device");
        }
        Files.delete(filler);
        write(disk);
        for (int number = 1; number <= 2; number++) {
            for (String suffix : List.of("pcapng", "ledger")) {
                String name = "%s/%s-%06d.%s".formatted(Log.WARRANT, Log.WARRANT, number, suffix);
                assertThat(disk.resolve(name)).hasSameBinaryContentAs(elsewhere.resolve(name));
            }
        }
    }

    private void write(Path directory) throws IOException, EvidenceException {
        try (EvidenceSeries series =
                new EvidenceSeries(EvidenceFiles.open(directory, Log.WARRANT), 1 << 16, new DeafListener())) {
            for (int offset = 0; offset < log.size(); offset++) {
                series.accept(offset, log.get(offset));
            }
            series.flush();
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    }
}
