package org.lawtap.deploy.access;

import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/** A certificate authority of a test, with what it certified as PEM files in a directory; and a Kafka that believes it alone. */
public final class Certificates {
    private static final String ALGORITHM = "SHA256withECDSA";
    private static final String BROKER = "lawtap-broker";

    /** May do everything. */
    public static final String ADMINISTRATOR = "lawtap-administrator";

    private final Path directory;
    private final X500Name authority = new X500Name("CN=authority of a test");
    private final KeyPair keys = pair();
    private final SecureRandom random = new SecureRandom();

    /** @param directory a new one */
    public Certificates(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
        write("authority.pem", new PemObject("CERTIFICATE", encoded(certify(authority, keys, authority, null))));
    }

    /** The address in a certificate; null: a certificate authority's. */
    private record Host(String address) {}

    /** Settings of a broker that lets in who has a certificate of this authority, and each do what it was granted. */
    public Map<String, String> broker(String address) throws IOException {
        issue(BROKER, address);
        Map<String, String> settings = stores(BROKER);
        settings.put("listener.security.protocol.map", "CLIENTS:SSL,CONTROLLER:PLAINTEXT");
        settings.put("ssl.client.auth", "required");
        settings.put("ssl.enabled.protocols", "TLSv1.3");
        settings.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        settings.put("allow.everyone.if.no.acl.found", "false");
        // The controller's own listener, on loopback, has no names.
        settings.put("super.users", "User:CN=" + BROKER + ";User:CN=" + ADMINISTRATOR + ";User:ANONYMOUS");
        return settings;
    }

    /** Properties of a client that is called like this. */
    public Map<String, String> client(String name) throws IOException {
        issue(name, "127.0.0.1");
        Map<String, String> properties = stores(name);
        properties.put("security.protocol", "SSL");
        return properties;
    }

    /** Properties of a client that shows no certificate. */
    public Map<String, String> stranger() {
        Map<String, String> properties = new HashMap<>();
        properties.put("security.protocol", "SSL");
        properties.put("ssl.truststore.type", "PEM");
        properties.put(
                "ssl.truststore.location", directory.resolve("authority.pem").toString());
        return properties;
    }

    /** Writes a new key and certificate for a name, in the place of those that it had. */
    public void issue(String name, String address) throws IOException {
        KeyPair its = pair();
        write(
                name + ".pem",
                new PemObject("PRIVATE KEY", its.getPrivate().getEncoded()),
                new PemObject(
                        "CERTIFICATE",
                        encoded(certify(new X500Name("CN=" + name), its, authority, new Host(address)))));
    }

    /** Where key and certificate of a name are. */
    public Path file(String name) {
        return directory.resolve(name + ".pem");
    }

    /** Writes properties to a file of the directory. */
    public Path write(String name, Map<String, String> properties) throws IOException {
        Properties all = new Properties();
        all.putAll(properties);
        Path file = directory.resolve(name);
        try (Writer writer = Files.newBufferedWriter(file)) {
            all.store(writer, null);
        }
        return file;
    }

    private Map<String, String> stores(String name) {
        Map<String, String> properties = stranger();
        properties.put("ssl.keystore.type", "PEM");
        properties.put("ssl.keystore.location", file(name).toString());
        return properties;
    }

    private X509Certificate certify(
            X500Name subject, KeyPair its, X500Name issuer, @org.jspecify.annotations.Nullable Host host)
            throws IOException {
        Instant from = Instant.now().minus(1, ChronoUnit.HOURS);
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    issuer,
                    new BigInteger(64, new SecureRandom()),
                    Date.from(from),
                    Date.from(from.plus(30, ChronoUnit.DAYS)),
                    subject,
                    its.getPublic());
            if (host == null) {
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            } else {
                builder.addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(new GeneralName(GeneralName.iPAddress, host.address())));
            }
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder(ALGORITHM).build(keys.getPrivate())));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair pair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void write(String name, PemObject... objects) throws IOException {
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            for (PemObject object : objects) {
                writer.writeObject(object);
            }
        }
        Path next = directory.resolve(name + ".new" + random.nextInt());
        Files.writeString(next, text.toString());
        Files.move(next, directory.resolve(name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
}
