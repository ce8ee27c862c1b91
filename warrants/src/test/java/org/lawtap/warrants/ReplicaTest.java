package org.lawtap.warrants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.process.StartException;

class ReplicaTest {
    @TempDir
    Path directory = Path.of("");

    @Test
    void keepsItsName() throws StartException {
        String first;
        try (Replica replica = Replica.take(directory.resolve("new"))) {
            first = replica.name();
        }
        try (Replica again = Replica.take(directory.resolve("new"))) {
            assertThat(again.name()).isEqualTo(first).hasSize(36);
        }
    }

    @Test
    void isAloneInItsDirectory() throws StartException {
        try (Replica replica = Replica.take(directory)) {
            assertThatExceptionOfType(StartException.class)
                    .isThrownBy(() -> Replica.take(directory))
                    .withMessageContaining("LAWTAP_STATE_DIR=" + directory + " is used by another deciding process");
            assertThat(replica.name()).isNotEmpty();
        }
    }

    @Test
    void takesANewNameForOneThatWasTorn() throws IOException, StartException {
        Files.writeString(directory.resolve("replica"), "0b5a9a52-7a2e");
        try (Replica replica = Replica.take(directory)) {
            String made = replica.name();
            assertThat(made).hasSize(36);
            assertThat(Files.readString(directory.resolve("replica"))).isEqualTo(made);
        }
    }

    @Test
    void aDirectoryThatCannotBeMadeIsToldInASentence() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> Replica.take(file.resolve("state")))
                .withMessageContaining("can't be written");
    }
}
