package org.lawtap.sink.seal;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.bouncycastle.util.io.pem.PemWriter;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.process.StartException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sink's own keys: one of Ed25519 for statements and seals, and one of the curve P-256 with a certificate for the CMS signature of
 * a seal, because OpenSSL 3.0 checks no CMS signature of Ed25519.
 *
 * <pre>
 *   DIR/sink.key.pem  DIR/sink.pub.pem        Ed25519 (PKCS #8, SubjectPublicKeyInfo)
 *   DIR/sink-cms.key.pem  DIR/sink.crt.pem    P-256 (PKCS #8, X.509)
 * </pre>
 */
public final class SinkKeys {
    private static final Logger LOG = LoggerFactory.getLogger(SinkKeys.class);
    private static final byte[] CHALLENGE = "lawtap sink key".getBytes(StandardCharsets.US_ASCII);
    private static final String CMS_ALGORITHM = "SHA256withECDSA";
    private static final int CERTIFICATE_YEARS = 20;

    private final KeyPair statement;
    private final PrivateKey cms;
    private final X509Certificate certificate;

    private SinkKeys(KeyPair statement, PrivateKey cms, X509Certificate certificate) {
        this.statement = statement;
        this.cms = cms;
        this.certificate = certificate;
    }

    /** The keys of a directory; what is not there is made. */
    public static SinkKeys open(Path directory) throws StartException {
        try {
            Files.createDirectories(directory);
            if (!Files.exists(directory.resolve("sink.key.pem"))) {
                makeStatementKey(directory);
            }
            if (!Files.exists(directory.resolve("sink-cms.key.pem"))) {
                makeCmsKey(directory);
            }
            return read(directory);
        } catch (IOException | IllegalArgumentException | GeneralSecurityException e) {
            throw new StartException("LAWTAP_SINK_KEYS_DIR=" + directory + ": " + e.getMessage(), e);
        } catch (OperatorCreationException e) {
            throw new IllegalStateException("this JDK can't sign with P-256", e);
        }
    }

    private static SinkKeys read(Path directory) throws IOException, GeneralSecurityException {
        PrivateKey secret = OrderKeys.readPrivate(directory.resolve("sink.key.pem"));
        PublicKey known = OrderKeys.readPublic(directory.resolve("sink.pub.pem"));
        if (!OrderKeys.verifies(CHALLENGE, OrderKeys.sign(CHALLENGE, secret), known)) {
            throw new IllegalArgumentException("sink.pub.pem is not the other half of sink.key.pem");
        }
        PrivateKey cms = KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(unpem(directory.resolve("sink-cms.key.pem"))));
        X509Certificate certificate = certificate(directory.resolve("sink.crt.pem"));
        Signature signature = Signature.getInstance(CMS_ALGORITHM);
        signature.initSign(cms);
        signature.update(CHALLENGE);
        byte[] signed = signature.sign();
        signature.initVerify(certificate);
        signature.update(CHALLENGE);
        if (!signature.verify(signed)) {
            throw new IllegalArgumentException("sink.crt.pem is not the certificate of sink-cms.key.pem");
        }
        return new SinkKeys(new KeyPair(known, secret), cms, certificate);
    }

    private static void makeStatementKey(Path directory) throws IOException {
        KeyPair keys = OrderKeys.generate();
        Files.writeString(directory.resolve("sink.pub.pem"), OrderKeys.pem(keys.getPublic()));
        OrderKeys.writePrivate(directory.resolve("sink.key.pem"), keys.getPrivate());
        LOG.info("made a key for this sink; its id is {}", OrderKeys.keyId(keys.getPublic()));
    }

    private static void makeCmsKey(Path directory)
            throws IOException, GeneralSecurityException, OperatorCreationException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair keys = generator.generateKeyPair();
        X500Name name = new X500Name("CN=lawtap sink");
        Instant from = Instant.now().minus(1, ChronoUnit.HOURS);
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                name,
                BigInteger.valueOf(from.toEpochMilli()),
                Date.from(from),
                Date.from(from.plus(CERTIFICATE_YEARS * 365L, ChronoUnit.DAYS)),
                name,
                keys.getPublic());
        builder.addExtension(
                Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.nonRepudiation));
        X509Certificate certificate = new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(CMS_ALGORITHM).build(keys.getPrivate())));
        Files.writeString(directory.resolve("sink.crt.pem"), pem("CERTIFICATE", certificate.getEncoded()));
        Path secret = directory.resolve("sink-cms.key.pem");
        Files.createFile(secret, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(secret, pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
    }

    /** Reads a certificate in PEM. */
    public static X509Certificate certificate(Path file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private static String pem(String label, byte[] bytes) throws IOException {
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            writer.writeObject(new PemObject(label, bytes));
        }
        return text.toString();
    }

    private static byte[] unpem(Path file) throws IOException {
        try (PemReader reader = new PemReader(new StringReader(Files.readString(file)))) {
            PemObject object = reader.readPemObject();
            if (object == null) {
                throw new IllegalArgumentException(file.getFileName() + " is not a PEM file");
            }
            return object.getContent();
        }
    }

    /** SHA-256 of the statement key's SubjectPublicKeyInfo, lower-case hex. */
    public String keyId() {
        return OrderKeys.keyId(statement.getPublic());
    }

    /** The Ed25519 signature of these bytes. */
    public byte[] sign(byte[] bytes) {
        return OrderKeys.sign(bytes, statement.getPrivate());
    }

    PrivateKey cms() {
        return cms;
    }

    X509Certificate certificate() {
        return certificate;
    }
}
