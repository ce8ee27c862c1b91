package org.lawtap.deploy.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimTest {
    private static final SandboxName NAME = new SandboxName("00c0ffee");

    @TempDir
    Path claims;

    private final List<String> inherited = new ArrayList<>();

    @Test
    void contentIsReadBack() {
        Claim.Content content = new Claim.Content(OptionalLong.of(4711), Optional.of("/a b/c=d"));
        assertThat(Claim.Content.parse(content.text())).isEqualTo(content);
    }

    @Test
    void contentThatWasNeverWrittenIsEmpty() {
        Claim.Content nothing = new Claim.Content(OptionalLong.empty(), Optional.empty());
        assertThat(Claim.Content.parse("")).isEqualTo(nothing);
        assertThat(Claim.Content.parse("pid=x\n\0\0")).isEqualTo(nothing);
    }

    @Test
    void aLivingClaimIsNotInherited() throws Exception {
        try (Claim claim = Claim.take(claims, NAME, claims)) {
            assertThat(claim).isNotNull();
            inherit(true);
            assertThat(inherited).isEmpty();
            assertThatThrownBy(() -> Claim.take(claims, NAME, claims)).isInstanceOf(SandboxException.class);
        }
        assertThat(claims.resolve("00c0ffee.claim")).doesNotExist();
    }

    @Test
    void aDeadClaimIsInheritedOnce() throws Exception {
        Path dead = Files.writeString(claims.resolve("00c0ffee.claim"), "pid=17\ndirectory=/x\n");
        inherit(true);
        inherit(true);
        assertThat(inherited).containsExactly("00c0ffee 17 /x");
        assertThat(dead).doesNotExist();
    }

    @Test
    void aClaimThatCouldNotBeSettledStays() throws Exception {
        Path dead = Files.writeString(claims.resolve("00c0ffee.claim"), "");
        inherit(false);
        assertThat(dead).exists();
    }

    @Test
    void filesOfOtherNamesAreLeftAlone() throws Exception {
        Files.writeString(claims.resolve("lock"), "");
        Files.writeString(claims.resolve("x.claim"), "");
        Files.writeString(claims.resolve("00C0FFEE.claim"), "");
        inherit(true);
        assertThat(inherited).isEmpty();
        assertThat(claims.resolve("x.claim")).exists();
    }

    private void inherit(boolean settled) throws SandboxException {
        Claim.inherit(claims, (name, content) -> {
            inherited.add(name + " " + content.pid().orElse(-1) + " "
                    + content.directory().orElse("-"));
            return settled;
        });
    }
}
