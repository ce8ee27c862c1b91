package org.lawtap.sink.retention;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The private halves of delivery keys that lie here.
 *
 * <pre>
 *   DIR/WARRANT.key.pem            X25519 (PKCS #8)
 *   DIR/WARRANT.NAME.key.pem       a further one, where an amended warrant names another key
 * </pre>
 *
 * They are looked for when they are needed, so that one may come later. Any thread.
 */
public final class DeliveryKeyFiles {
    private static final Logger LOG = LoggerFactory.getLogger(DeliveryKeyFiles.class);
    private static final String SUFFIX = ".key.pem";

    private final Path directory;

    /** @param directory need not be there */
    public DeliveryKeyFiles(Path directory) {
        this.directory = directory;
    }

    /** The pair whose public half has this id, if it lies here for the warrant. */
    public Optional<KeyPair> find(WarrantId warrant, Sha256 keyId) {
        for (Path file : of(warrant)) {
            try {
                KeyPair pair = DeliveryKeys.read(file);
                if (DeliveryKeys.publicHalf(pair).id().equals(keyId)) {
                    return Optional.of(pair);
                }
            } catch (IOException | IllegalArgumentException e) {
                LOG.warn("{} is passed over: {}", file, e.getMessage());
            }
        }
        return Optional.empty();
    }

    /** Where they lie. */
    Path directory() {
        return directory;
    }

    /** The files of a warrant, in the order of their names. */
    List<Path> of(WarrantId warrant) {
        String prefix = warrant + ".";
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> {
                        String name = String.valueOf(file.getFileName());
                        return name.startsWith(prefix) && name.endsWith(SUFFIX);
                    })
                    .sorted()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
