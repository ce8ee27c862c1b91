package org.lawtap.deploy.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The last that was put up comes down first, and whose it is stays said while something stands. */
class ScaffoldTest {
    @TempDir
    Path claims = Path.of("");

    private final List<String> said = new ArrayList<>();
    private final Scaffold scaffold = new Scaffold(said::add);

    @Test
    void takesDownInTheOppositeOrder() throws Exception {
        Path claim = claim();
        scaffold.keep(() -> said.add("first"));
        scaffold.keep(() -> said.add("second"));
        scaffold.close();
        assertThat(said).containsExactly("second", "first");
        assertThat(claim).doesNotExist();
    }

    @Test
    void leavesTheClaimOfWhatStillStands() throws Exception {
        Path claim = claim();
        scaffold.keep(() -> said.add("first"));
        scaffold.keep(() -> {
            throw new IllegalStateException("stuck");
        });
        scaffold.close();
        assertThat(said).containsExactly("while taking the scene down: stuck", "first");
        assertThat(claim).exists();
    }

    private Path claim() throws Exception {
        scaffold.keep(Claim.take(claims, SandboxName.random(), claims));
        try (var files = Files.list(claims)) {
            return files.filter(file -> file.toString().endsWith(Claim.SUFFIX))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
