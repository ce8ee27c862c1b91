package org.lawtap.sink.seal;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.evidence.FileDigest;

/**
 * Seals a warrant that is over: exports its custody, describes it for forensic tools, states all counts and hashes, signs that twice and
 * has it timestamped. The seal itself is the last file to appear, but for the timestamp, which may come later.
 */
public final class WarrantSealer {
    /** The file whose presence means that a warrant is sealed. */
    public static final String SEAL = "seal.json";

    static final String TIMESTAMP = "seal.tsr";

    private final SinkKeys keys;
    private final @Nullable URI timestampAuthority;
    private final Supplier<Consumer<String, byte[]>> consumers;
    private final Clock clock;

    /** @param consumers of no group */
    public WarrantSealer(
            SinkKeys keys,
            @Nullable URI timestampAuthority,
            Supplier<Consumer<String, byte[]>> consumers,
            Clock clock) {
        this.keys = keys;
        this.timestampAuthority = timestampAuthority;
        this.consumers = consumers;
        this.clock = clock;
    }

    /** What is sealed. @param files capture files, ledgers, statements and signatures */
    public record Ended(
            WarrantId warrant,
            Path directory,
            WarrantOrders.End end,
            List<WarrantOrders.Accepted> orders,
            List<FileDigest> files,
            EvidenceSeries.Records records,
            long nextOffset,
            List<EvidenceSeries.SessionState> sessions) {
        public Ended {
            orders = List.copyOf(orders);
            files = List.copyOf(files);
            sessions = List.copyOf(sessions);
        }
    }

    /** Whether a warrant's directory is sealed. */
    public static boolean isSealed(Path directory) {
        return Files.exists(directory.resolve(SEAL));
    }

    /** Seals; returns the hash of the seal. */
    public String seal(Ended ended) throws IOException {
        Path directory = ended.directory();
        List<FileDigest> files = new ArrayList<>(ended.files());
        try (Consumer<String, byte[]> consumer = consumers.get()) {
            files.add(put(directory, "custody.jsonl", CustodyExport.read(consumer, ended.warrant())));
        }
        files.add(put(
                directory,
                "case.jsonld",
                CaseBundle.write(ended.orders(), ended.end(), ended.files(), ended.sessions(), version())));
        StringBuilder sums = new StringBuilder();
        files.forEach(file ->
                sums.append(file.sha256()).append("  ").append(file.name()).append('\n'));
        files.add(put(directory, "SHA256SUMS", sums.toString()));
        byte[] seal = SealText.write(new SealText.Facts(
                        ended.warrant(),
                        clock.instant(),
                        ended.end(),
                        ended.orders(),
                        files,
                        ended.records(),
                        ended.nextOffset(),
                        ended.sessions(),
                        Math.toIntExact(files.stream()
                                .filter(file -> file.name().endsWith(".pcapng"))
                                .count()),
                        Map.of(
                                "lawtap",
                                version(),
                                "java",
                                Runtime.version().toString(),
                                "os",
                                System.getProperty("os.name") + " " + System.getProperty("os.version")),
                        keys.keyId(),
                        timestampAuthority == null ? null : timestampAuthority.toString()))
                .getBytes(StandardCharsets.UTF_8);
        WholeFile.put(directory, "seal.sig", keys.sign(seal));
        WholeFile.put(directory, "seal.p7s", CmsSignature.sign(seal, keys));
        return WholeFile.put(directory, SEAL, seal).sha256();
    }

    /** Whether the seal still waits for its timestamp. */
    public boolean awaitsTimestamp(Path directory) {
        return timestampAuthority != null && isSealed(directory) && !Files.exists(directory.resolve(TIMESTAMP));
    }

    /** Has the seal timestamped. @throws IOException that says why it could not be */
    public void stamp(Path directory) throws IOException {
        URI authority = timestampAuthority;
        if (authority != null) {
            byte[] response = new TimestampClient(authority).stamp(Files.readAllBytes(directory.resolve(SEAL)));
            WholeFile.put(directory, TIMESTAMP, response);
        }
    }

    private static FileDigest put(Path directory, String name, String text) throws IOException {
        return WholeFile.put(directory, name, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String version() {
        String version = WarrantSealer.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
