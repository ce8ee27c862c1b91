package org.lawtap.worker;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.process.StartException;

class CapabilitiesTest {
    private static final long ALL_THREE = 1L << 11 | 1L << 13 | 1L << 19;

    @TempDir
    Path directory;

    @Test
    void isContentWithThreeAndNoOthers() {
        assertThatCode(() -> Capabilities.require(status(ALL_THREE))).doesNotThrowAnyException();
    }

    @Test
    void namesEachOneThatIsMissing() {
        for (Capabilities capability : Capabilities.values()) {
            long others = ALL_THREE & ~(1L << number(capability));
            assertThatThrownBy(() -> Capabilities.require(status(others)))
                    .isInstanceOf(StartException.class)
                    .hasMessageStartingWith("the worker lacks CAP_" + capability.name() + " (")
                    .hasMessageContaining("securityContext.capabilities.add")
                    .hasMessageNotContaining(" and CAP_");
        }
    }

    @Test
    void namesAllThatAreMissing() {
        assertThatThrownBy(() -> Capabilities.require(status(0)))
                .hasMessageContaining("CAP_NET_RAW")
                .hasMessageContaining("CAP_SYS_PTRACE")
                .hasMessageContaining("CAP_NET_BROADCAST");
    }

    @Test
    void refusesToGuess() {
        assertThatThrownBy(() -> Capabilities.require(directory.resolve("nothing")))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("can't be read");
    }

    private static int number(Capabilities capability) {
        return switch (capability) {
            case NET_BROADCAST -> 11;
            case NET_RAW -> 13;
            case SYS_PTRACE -> 19;
        };
    }

    private Path status(long effective) throws IOException {
        return Files.writeString(
                directory.resolve("status"),
                "Name:\tjava\nCapPrm:\t0000000000000000\nCapEff:\t%016x\nCapBnd:\t000001ffffffffff\n"
                        .formatted(effective));
    }
}
