package org.lawtap.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.StartException;

class SessionFilesTest {
    private static final WarrantId WARRANT = WarrantId.random();
    private static final PodUid POD = new PodUid("0a1b2c3d-1111-2222-3333-444455556666");

    @TempDir
    private Path directory = Path.of("");

    @Test
    void remembersTheLastSessionOfEachDeviceOverARestart() throws Exception {
        SessionId first = SessionId.random();
        SessionId second = SessionId.random();
        SessionId other = SessionId.random();
        SessionFiles files = SessionFiles.open(directory);
        files.remember(WARRANT, POD, "eth0", first);
        files.remember(WARRANT, POD, "eth0", second);
        files.remember(WARRANT, POD, "net1", other);

        SessionFiles again = SessionFiles.open(directory);
        assertThat(again.last(WARRANT, POD, "eth0")).isEqualTo(second);
        assertThat(again.last(WARRANT, POD, "net1")).isEqualTo(other);
        assertThat(again.last(WARRANT, POD, "")).isNull();
        assertThat(again.last(WarrantId.random(), POD, "eth0")).isNull();
    }

    @Test
    void bearsAnyNameThatAPodGivesItsDevice() throws Exception {
        SessionFiles files = SessionFiles.open(directory);
        for (String device : new String[] {"..", ".", "a b", "\u202e", "-rf", "é"}) {
            SessionId session = SessionId.random();
            files.remember(WARRANT, POD, device, session);
            assertThat(files.last(WARRANT, POD, device)).isEqualTo(session);
        }
    }

    @Test
    void namesNoPreviousSessionWhenTheFileIsDamaged() throws Exception {
        SessionFiles files = SessionFiles.open(directory);
        files.remember(WARRANT, POD, "eth0", SessionId.random());
        try (var all = Files.list(directory)) {
            Files.writeString(all.findFirst().orElseThrow(), "garbage");
        }
        assertThat(files.last(WARRANT, POD, "eth0")).isNull();
    }

    @Test
    void saysThatItsDirectoryCanNotBeWritten() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> SessionFiles.open(file.resolve("below")))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("LAWTAP_STATE_DIR=");
    }
}
