package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The evidence of a small warrant, made by {@code src/test/python/make_evidence.py}; needs python3 and openssl. */
record MadeEvidence(Path root) {
    static final String WARRANT = "0b5a9a52-7a2e-4d0c-9a3e-111111111111";
    private static final Path HERE = Path.of("").toAbsolutePath();
    private static final Path PYTHON = HERE.resolve("src/test/python");
    private static final Path DOCS = HERE.resolveSibling("docs");

    /** Makes it. @param arguments how it is changed, as that program says */
    static MadeEvidence make(Path root, String... arguments) throws IOException, InterruptedException {
        List<String> command = python(PYTHON.resolve("make_evidence.py"));
        command.add(root.toString());
        command.addAll(List.of(arguments));
        Program made = Program.run(HERE, Map.of(), command);
        assertThat(made.exitCode()).as(made.printed()).isZero();
        return new MadeEvidence(root);
    }

    Path directory() {
        return root.resolve("evidence").resolve(WARRANT);
    }

    Path file(String name) {
        return directory().resolve(name.replace("W-", WARRANT + "-"));
    }

    Path keys() {
        return root.resolve("keys");
    }

    /** Changes one bit in the middle of a file. */
    void changeBit(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(file(name));
        bytes[bytes.length / 2] ^= 1;
        Files.write(file(name), bytes);
    }

    /** What the verifier says. */
    static Program verify(String... arguments) throws IOException, InterruptedException {
        List<String> command = python(DOCS.resolve("verify.py"));
        command.addAll(List.of(arguments));
        return Program.run(HERE, Map.of(), command);
    }

    /** What the verifier's own tests say of it. */
    Program testVerifier() throws IOException, InterruptedException {
        List<String> command = python(PYTHON.resolve("verify_test.py"));
        command.add(root.toString());
        return Program.run(HERE, Map.of(), command);
    }

    static String byHand() throws IOException {
        return Files.readString(DOCS.resolve("verify-by-hand.md"));
    }

    private static List<String> python(Path program) {
        return new ArrayList<>(List.of("python3", "-B", program.toString()));
    }
}
