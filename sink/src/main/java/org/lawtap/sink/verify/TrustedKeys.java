package org.lawtap.sink.verify;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.TrustList;

/**
 * The public keys that a check rests on, from a directory that whoever answers for them has given.
 *
 * <pre>
 *   trust.json       the approvers
 *   nodes/*.pem      each node's public key
 *   sink.pub.pem     the sink's statement key
 *   sink.crt.pem     the sink's certificate
 *   tsa.crt.pem      the timestamp authority's certificate, and those it may send along
 * </pre>
 *
 * What is not there is null or empty, and what it would check fails.
 *
 * @param nodes by key id
 */
public record TrustedKeys(
        Path directory,
        @Nullable TrustList approvers,
        Map<String, NodeKey> nodes,
        @Nullable PublicKey sink,
        List<X509Certificate> sinkCertificates,
        List<X509Certificate> timestampCertificates) {
    public TrustedKeys {
        nodes = Map.copyOf(nodes);
        sinkCertificates = List.copyOf(sinkCertificates);
        timestampCertificates = List.copyOf(timestampCertificates);
    }

    /** A node's key. @param file its file's name without .pem */
    public record NodeKey(String file, PublicKey key) {}

    /** A key for a reader who compares. @param sha256 of SubjectPublicKeyInfo, or of the certificate */
    public record Fingerprint(String what, String sha256) {}

    /** Reads a directory. @throws IllegalArgumentException naming the file that holds no key */
    public static TrustedKeys read(Path directory) throws IOException {
        Path trust = directory.resolve("trust.json");
        Path sink = directory.resolve("sink.pub.pem");
        TrustList approvers = null;
        if (Files.exists(trust)) {
            try {
                approvers = TrustList.read(trust);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(trust + ": " + e.getMessage(), e);
            }
        }
        return new TrustedKeys(
                directory,
                approvers,
                nodes(directory.resolve("nodes")),
                Files.exists(sink) ? OrderKeys.readPublic(sink) : null,
                certificates(directory.resolve("sink.crt.pem")),
                certificates(directory.resolve("tsa.crt.pem")));
    }

    /** Whether a directory holds any of the files. */
    public static boolean isAt(Path directory) {
        return Files.isRegularFile(directory.resolve("trust.json"))
                || Files.isRegularFile(directory.resolve("sink.pub.pem"));
    }

    /** Every key, for comparison with what its owner says. */
    public List<Fingerprint> fingerprints() {
        List<Fingerprint> all = new ArrayList<>();
        if (approvers != null) {
            approvers
                    .approvers()
                    .forEach(approver -> all.add(new Fingerprint(
                            "approver " + approver.name() + (approver.demo() ? " (demo)" : ""), approver.keyId())));
        }
        nodes.values().stream()
                .map(node -> new Fingerprint("node " + node.file(), OrderKeys.keyId(node.key())))
                .sorted(java.util.Comparator.comparing(Fingerprint::what))
                .forEach(all::add);
        if (sink != null) {
            all.add(new Fingerprint("sink.pub.pem", OrderKeys.keyId(sink)));
        }
        sinkCertificates.forEach(certificate -> all.add(new Fingerprint("sink.crt.pem", sha256(certificate))));
        timestampCertificates.forEach(certificate -> all.add(new Fingerprint("tsa.crt.pem", sha256(certificate))));
        return all;
    }

    private static Map<String, NodeKey> nodes(Path directory) throws IOException {
        Map<String, NodeKey> nodes = new LinkedHashMap<>();
        if (Files.isDirectory(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.filter(path -> path.toString().endsWith(".pem"))
                        .sorted()
                        .toList()) {
                    PublicKey key = OrderKeys.readPublic(file);
                    String name = file.getFileName().toString();
                    nodes.put(OrderKeys.keyId(key), new NodeKey(name.substring(0, name.length() - 4), key));
                }
            }
        }
        return nodes;
    }

    private static List<X509Certificate> certificates(Path file) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        try (InputStream in = Files.newInputStream(file)) {
            List<X509Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (certificates.isEmpty()) {
                throw new IllegalArgumentException(file + " holds no certificate");
            }
            return certificates;
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(file + " holds no certificate", e);
        }
    }

    private static String sha256(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(MerkleTree.sha256().digest(certificate.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("a certificate that can't be encoded", e);
        }
    }
}
