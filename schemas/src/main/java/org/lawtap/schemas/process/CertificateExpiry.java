package org.lawtap.schemas.process;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * When the certificates end by which this process's Kafka clients say who they are: those of {@code ssl.keystore.location} or
 * {@code ssl.keystore.certificate.chain}. The file is read again each time, as it is replaced when a certificate is renewed.
 */
final class CertificateExpiry {
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", Pattern.DOTALL);
    private static final double MS_PER_SECOND = 1000;

    private final Map<String, String> properties;

    CertificateExpiry(Map<String, String> clientProperties) {
        this.properties = clientProperties;
    }

    /** The first end, Unix time in seconds; NaN without a certificate, or if it can't be read. */
    double notAfterSeconds() {
        try {
            return certificates().stream()
                    .mapToDouble(
                            certificate -> certificate.getNotAfter().toInstant().toEpochMilli() / MS_PER_SECOND)
                    .min()
                    .orElse(Double.NaN);
        } catch (IOException | GeneralSecurityException e) {
            return Double.NaN;
        }
    }

    private List<X509Certificate> certificates() throws IOException, GeneralSecurityException {
        String chain = properties.getOrDefault("ssl.keystore.certificate.chain", "");
        if (!chain.isEmpty()) {
            return pem(chain);
        }
        String location = properties.getOrDefault("ssl.keystore.location", "");
        if (location.isEmpty()) {
            return List.of();
        }
        String type = properties.getOrDefault("ssl.keystore.type", "JKS").toUpperCase(Locale.ROOT);
        return type.equals("PEM") ? pem(Files.readString(Path.of(location))) : store(type, Path.of(location));
    }

    private static List<X509Certificate> pem(String text) throws GeneralSecurityException {
        List<X509Certificate> found = new ArrayList<>();
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        Matcher blocks = PEM.matcher(text);
        while (blocks.find()) {
            Collection<? extends Certificate> read = factory.generateCertificates(
                    new ByteArrayInputStream(blocks.group().getBytes(StandardCharsets.US_ASCII)));
            read.forEach(certificate -> add(found, certificate));
        }
        return found;
    }

    private List<X509Certificate> store(String type, Path file) throws IOException, GeneralSecurityException {
        List<X509Certificate> found = new ArrayList<>();
        KeyStore store = KeyStore.getInstance(type);
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, properties.getOrDefault("ssl.keystore.password", "").toCharArray());
        }
        for (String alias : Collections.list(store.aliases())) {
            Certificate[] chain = store.getCertificateChain(alias);
            for (Certificate certificate : chain == null ? new Certificate[0] : chain) {
                add(found, certificate);
            }
        }
        return found;
    }

    private static void add(List<X509Certificate> found, Certificate certificate) {
        if (certificate instanceof X509Certificate x509) {
            found.add(x509);
        }
    }
}
