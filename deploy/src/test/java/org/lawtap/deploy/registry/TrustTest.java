package org.lawtap.deploy.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry whose certificate no public authority vouches for. */
class TrustTest {
    private static final char[] PASSWORD = "of-a-test".toCharArray();

    @TempDir
    Path directory;

    @Test
    void itsAuthorityMustBeNamed() throws Exception {
        try (MemoryRegistry registry = MemoryRegistry.start(certified("its.p12"))) {
            Commanded unknown = Commanded.register(registry.url());
            assertThat(unknown.code()).isEqualTo(1);
            assertThat(unknown.err())
                    .contains("no trusted connection to " + registry.url())
                    .contains("--ca");
            certified("another.p12");
            Path another = exported("another.p12");
            assertThat(Commanded.register(registry.url(), "--ca", another.toString())
                            .code())
                    .isEqualTo(1);
            Commanded trusted = Commanded.register(
                    registry.url(), "--ca", exported("its.p12").toString());
            assertThat(trusted.err()).isEmpty();
            assertThat(trusted.code()).isZero();
        }
    }

    @Test
    void aFileWithoutACertificateIsRefused() throws Exception {
        Path empty = Files.writeString(directory.resolve("empty.pem"), "");
        assertThat(Commanded.register("https://127.0.0.1:1", "--ca", empty.toString()))
                .satisfies(refused -> assertThat(refused.code()).isEqualTo(78))
                .satisfies(refused -> assertThat(refused.err()).contains("holds no certificate"));
        Path other = Files.writeString(
                directory.resolve("other.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertThat(Commanded.register("https://127.0.0.1:1", "--ca", other.toString())
                        .code())
                .isEqualTo(78);
        assertThat(Commanded.register("https://127.0.0.1:1", "--ca", "/nowhere/ca.pem")
                        .code())
                .isEqualTo(78);
    }

    /** A key with a certificate of its own making, and the server's side of TLS with it. */
    private SSLContext certified(String store) throws Exception {
        keytool(
                "-genkeypair",
                "-alias",
                "registry",
                "-keyalg",
                "EC",
                "-dname",
                "CN=registry",
                "-ext",
                "SAN=ip:127.0.0.1",
                "-keystore",
                directory.resolve(store).toString());
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(directory.resolve(store))) {
            keys.load(in, PASSWORD);
        }
        KeyManagerFactory manager = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        manager.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(manager.getKeyManagers(), null, null);
        return context;
    }

    private Path exported(String store) throws Exception {
        Path file = directory.resolve(store + ".pem");
        keytool(
                "-exportcert",
                "-rfc",
                "-alias",
                "registry",
                "-file",
                file.toString(),
                "-keystore",
                directory.resolve(store).toString());
        return file;
    }

    private static void keytool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storepass", new String(PASSWORD)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }
}
