package org.lawtap.worker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.process.StartException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's own Ed25519 key: it seals checkpoints, and the keys of what the node stores are derived from it. */
final class NodeKey {
    private static final Logger LOG = LoggerFactory.getLogger(NodeKey.class);
    private static final String SECRET = ".key.pem";
    private static final byte[] CHALLENGE = "lawtap node key".getBytes(StandardCharsets.US_ASCII);

    private final KeyPair keys;

    private NodeKey(KeyPair keys) {
        this.keys = keys;
    }

    /** The key that the settings name; without one that of the state directory, which is made on first use. */
    static NodeKey open(CaptureWorkerConfig config) throws StartException {
        if (config.nodeKey().isEmpty()) {
            Path file = config.stateDir().resolve("node" + SECRET);
            return Files.exists(file) ? read(file) : make(file);
        }
        return read(Path.of(config.nodeKey()));
    }

    private static NodeKey make(Path file) throws StartException {
        KeyPair keys = OrderKeys.generate();
        try {
            Files.writeString(publicHalf(file), OrderKeys.pem(keys.getPublic()));
            OrderKeys.writePrivate(file, keys.getPrivate());
        } catch (IOException e) {
            throw new StartException("the node's key can't be kept in " + file + ": " + e.getMessage(), e);
        }
        LOG.info("made a key for this node; its id is {}", OrderKeys.keyId(keys.getPublic()));
        return new NodeKey(keys);
    }

    private static NodeKey read(Path file) throws StartException {
        try {
            PrivateKey secret = OrderKeys.readPrivate(file);
            PublicKey known = OrderKeys.readPublic(publicHalf(file));
            if (!OrderKeys.verifies(CHALLENGE, OrderKeys.sign(CHALLENGE, secret), known)) {
                throw new StartException("LAWTAP_NODE_KEY: " + publicHalf(file) + " is not the other half of " + file);
            }
            return new NodeKey(new KeyPair(known, secret));
        } catch (IOException | IllegalArgumentException e) {
            throw new StartException("LAWTAP_NODE_KEY: " + file + " can't be used: " + e.getMessage(), e);
        }
    }

    private static Path publicHalf(Path file) {
        String name = String.valueOf(file.getFileName());
        if (!name.endsWith(SECRET)) {
            throw new IllegalArgumentException("its name does not end in " + SECRET + ", with NAME.pub.pem beside it");
        }
        return file.resolveSibling(name.substring(0, name.length() - SECRET.length()) + ".pub.pem");
    }

    KeyPair keys() {
        return keys;
    }

    /** A 256-bit AES key for one purpose (HKDF-SHA256, RFC 5869, of the private key's encoding). */
    SecretKey derive(String purpose) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveKey(
                            "AES",
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(keys.getPrivate().getEncoded())
                                    .thenExpand(purpose.getBytes(StandardCharsets.US_ASCII), 32));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no HKDF-SHA256", e);
        }
    }
}
