package org.lawtap.sink.retention;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.sink.evidence.FileDigest;
import org.lawtap.sink.seal.SealJson;
import org.lawtap.sink.seal.SinkKeys;
import org.lawtap.sink.seal.WarrantOrders;
import org.lawtap.sink.seal.WarrantSealer;
import org.lawtap.sink.seal.WholeFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The end of a warrant's content: its delivery keys and capture files go, what proves what they were stays.
 *
 * <pre>
 *   facts -> .destroying -> keys overwritten and removed -> capture files removed -> destruction.sig -> destruction.json
 * </pre>
 *
 * Each step can be done again: whoever finds {@code .destroying} goes on, and says what the first attempt found. Form:
 * docs/evidence.md.
 */
public final class Destruction {
    /** The file that says that it is done. */
    public static final String PROOF = "destruction.json";

    private static final Logger LOG = LoggerFactory.getLogger(Destruction.class);
    private static final String SIGNATURE = "destruction.sig";
    private static final String BEGUN = ".destroying";
    private static final String CAPTURE = ".pcapng";
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path directory;
    private final WarrantId warrant;
    private final DeliveryKeyFiles deliveryKeys;
    private final SinkKeys keys;

    public Destruction(Path directory, WarrantId warrant, DeliveryKeyFiles deliveryKeys, SinkKeys keys) {
        this.directory = directory;
        this.warrant = warrant;
        this.deliveryKeys = deliveryKeys;
        this.keys = keys;
    }

    /** Whether the content of this directory is destroyed, or being destroyed. */
    public static boolean begun(Path directory) {
        return Files.exists(directory.resolve(BEGUN)) || done(directory);
    }

    /** Whether it is destroyed. */
    public static boolean done(Path directory) {
        return Files.exists(directory.resolve(PROOF));
    }

    /**
     * Destroys; returns the hash of the proof.
     *
     * @param order the order to do so, which counts
     * @param encrypted whether all that the log holds of the content is encrypted
     * @param at when it begins
     */
    public String carryOut(WarrantOrders.Accepted order, WarrantOrders.Kept kept, boolean encrypted, Instant at)
            throws IOException {
        if (!Files.exists(directory.resolve(BEGUN))) {
            WholeFile.put(directory, BEGUN, facts(order, kept, encrypted, at).getBytes(StandardCharsets.UTF_8));
        }
        return finish();
    }

    /** Goes on with what was begun; returns the hash of the proof. */
    public String finish() throws IOException {
        byte[] proof = Files.readAllBytes(directory.resolve(BEGUN));
        for (Path key : deliveryKeys.of(warrant)) {
            overwrite(key);
            Files.delete(key);
            sync(deliveryKeys.directory());
        }
        for (Path capture : captures()) {
            Files.delete(capture);
        }
        sync(directory);
        WholeFile.put(directory, SIGNATURE, keys.sign(proof));
        String hash = WholeFile.put(directory, PROOF, proof).sha256();
        Files.delete(directory.resolve(BEGUN));
        LOG.info("warrant {}: its content is destroyed", warrant);
        return hash;
    }

    private String facts(WarrantOrders.Accepted order, WarrantOrders.Kept kept, boolean encrypted, Instant at)
            throws IOException {
        ObjectNode json = SealJson.object();
        json.put("form", "lawtap destruction 1");
        json.put("warrant", warrant.toString());
        json.put("at", at.toString());
        SealJson.put(json.putObject("order"), order);
        ObjectNode why = json.putObject("why");
        why.put("end", kept.retention().end().toString());
        why.put("retentionDays", kept.retention().retentionDays());
        why.put("keptUntil", kept.retention().keptUntil().toString());
        why.put("orderedAt", order.at().toString());
        why.put("held", kept.retention().held());
        json.put("encrypted", encrypted);
        ArrayNode destroyedKeys = json.putArray("deliveryKeys");
        for (Path file : deliveryKeys.of(warrant)) {
            ObjectNode key = destroyedKeys.addObject();
            key.put("name", String.valueOf(file.getFileName()));
            key.put("keyId", keyId(file));
        }
        ArrayNode files = json.putArray("files");
        for (Path capture : captures()) {
            SealJson.add(files, digest(capture));
        }
        FileDigest sealed = digest(directory.resolve(WarrantSealer.SEAL));
        ObjectNode seal = json.putObject("seal");
        seal.put("name", sealed.name());
        seal.put("bytes", sealed.bytes());
        seal.put("sha256", sealed.sha256());
        json.putObject("log").put("topic", Topic.packets(warrant).name());
        json.put("signer", keys.keyId());
        return SealJson.text(json);
    }

    private static String keyId(Path file) throws IOException {
        try {
            return DeliveryKeys.publicHalf(DeliveryKeys.read(file)).id().hex();
        } catch (IllegalArgumentException e) {
            return "unreadable";
        }
    }

    private List<Path> captures() throws IOException {
        List<Path> captures = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                if (String.valueOf(file.getFileName()).endsWith(CAPTURE) && Files.isRegularFile(file)) {
                    captures.add(file);
                }
            }
        }
        return captures;
    }

    private static FileDigest digest(Path file) throws IOException {
        MessageDigest digest = MerkleTree.sha256();
        byte[] buffer = new byte[BUFFER_BYTES];
        long bytes = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
                bytes += read;
            }
        }
        return new FileDigest(
                String.valueOf(file.getFileName()), bytes, HexFormat.of().formatHex(digest.digest()));
    }

    /** In place, as far as the file system writes in place. */
    private static void overwrite(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocate(Math.toIntExact(Math.min(channel.size(), BUFFER_BYTES)));
            while (zeros.hasRemaining()) {
                channel.write(zeros);
            }
            channel.force(true);
        }
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory)) {
            channel.force(true);
        }
    }
}
