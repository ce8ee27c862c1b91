package org.lawtap.schemas.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateExpiryTest {
    @TempDir
    private Path directory;

    @Test
    void isUnknownWithoutAKeyStoreOrWithOneThatCannotBeRead() {
        assertThat(new CertificateExpiry(Map.of()).notAfterSeconds()).isNaN();
        assertThat(new CertificateExpiry(Map.of("ssl.keystore.location", "/none")).notAfterSeconds())
                .isNaN();
    }

    @Test
    void readsAKeyStore() throws Exception {
        Path store = directory.resolve("store.p12");
        keytool("-genkeypair", "-keyalg", "EC", "-dname", "CN=sink", "-validity", "10", "-keystore", store.toString());
        double end = new CertificateExpiry(Map.of(
                        "ssl.keystore.type",
                        "PKCS12",
                        "ssl.keystore.location",
                        store.toString(),
                        "ssl.keystore.password",
                        "secret"))
                .notAfterSeconds();
        assertThat(end).isBetween(inDays(9), inDays(11));
    }

    @Test
    void readsTheFirstEndOfAPemFile() throws Exception {
        String pem = "";
        for (String days : new String[] {"30", "5"}) {
            Path store = directory.resolve(days + ".p12");
            String certificate = directory.resolve(days + ".pem").toString();
            keytool("-genkeypair", "-keyalg", "EC", "-dname", "CN=a", "-validity", days, "-keystore", store.toString());
            keytool("-exportcert", "-rfc", "-file", certificate, "-keystore", store.toString());
            pem += Files.readString(Path.of(certificate));
        }
        Path file = Files.writeString(directory.resolve("all.pem"), pem);
        double end = new CertificateExpiry(Map.of("ssl.keystore.type", "PEM", "ssl.keystore.location", file.toString()))
                .notAfterSeconds();
        assertThat(end).isBetween(inDays(4), inDays(6));
    }

    private static double inDays(int days) {
        return System.currentTimeMillis() / 1000.0 + days * 86_400.0;
    }

    private static void keytool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-alias", "a", "-storepass", "secret"));
        assertThat(new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor())
                .isZero();
    }
}
