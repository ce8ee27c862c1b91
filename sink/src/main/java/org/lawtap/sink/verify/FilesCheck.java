package org.lawtap.sink.verify;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.model.WarrantId;

/** The files of a warrant's directory, with their hashes, against the lists of the seal and the statements. */
final class FilesCheck {
    static final String SEAL = "seal.json";
    static final String SEAL_SIGNATURE = "seal.sig";
    static final String SEAL_CMS = "seal.p7s";
    static final String SEAL_TIMESTAMP = "seal.tsr";
    static final String CUSTODY = "custody.jsonl";

    private static final List<String> SEALS = List.of(SEAL, SEAL_SIGNATURE, SEAL_CMS, SEAL_TIMESTAMP);
    private static final List<String> AT_THE_SEAL = List.of(CUSTODY, "case.jsonld", "SHA256SUMS");

    /** The sink's own lock, an empty file. */
    private static final String LOCK = ".lock";

    private static final int BUFFER_BYTES = 1 << 20;
    private static final int BUFFER_BYTES_MIN = 1 << 13;

    private final Path directory;
    private final WarrantId warrant;
    private final Findings findings;
    private final Map<String, WarrantReport.FileReport> present = new TreeMap<>();
    private final Set<String> told = new HashSet<>();
    private Set<String> destroyed = Set.of();
    private final Pattern series;

    FilesCheck(Path directory, WarrantId warrant, Findings findings) {
        this.directory = directory;
        this.warrant = warrant;
        this.findings = findings;
        this.series = Pattern.compile(
                Pattern.quote(warrant.toString()) + "-(\\d{6})\\.(pcapng|ledger|statement\\.json|statement\\.sig)");
    }

    /** Finds and hashes all files. @param keys a directory that is none of the evidence */
    void read(Path keys, Progress progress) throws IOException {
        List<Path> files = new ArrayList<>();
        long bytes = 0;
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.sorted().toList()) {
                String name = entry.getFileName().toString();
                if (Files.isRegularFile(entry)) {
                    files.add(entry);
                    bytes += Files.size(entry);
                } else if (!entry.equals(keys)) {
                    tell(FindingCode.FILE_ADDED, name, "it is no file, and does not belong here");
                }
            }
        }
        progress.begin("hashing files", bytes);
        byte[] buffer = new byte[Math.clamp(bytes, BUFFER_BYTES_MIN, BUFFER_BYTES)];
        for (Path file : files) {
            String name = file.getFileName().toString();
            try {
                present.put(name, hashed(file, buffer, progress));
            } catch (IOException e) {
                tell(FindingCode.FILE_MISSING, name, "it can't be read: " + e.getMessage());
            }
        }
    }

    /** All files as they lie there. */
    List<WarrantReport.FileReport> all() {
        return List.copyOf(present.values());
    }

    boolean has(String name) {
        return present.containsKey(name);
    }

    /** Whether anything is there that only a seal brings. */
    boolean anyOfASeal() {
        return Stream.concat(SEALS.stream(), AT_THE_SEAL.stream()).anyMatch(present::containsKey);
    }

    @Nullable
    Path path(String name) {
        return present.containsKey(name) ? directory.resolve(name) : null;
    }

    /** The whole of a file that is not too long. @return null if it is not there */
    byte @Nullable [] bytes(String name, long most) throws IOException, FormException {
        Path file = path(name);
        if (file == null) {
            return null;
        }
        if (Files.size(file) > most) {
            throw new FormException("it is longer than such a file can be");
        }
        return Files.readAllBytes(file);
    }

    /** The hash of a file, or null if it is not there. */
    @Nullable
    String sha256(String name) {
        WarrantReport.FileReport file = present.get(name);
        return file == null ? null : file.sha256();
    }

    /** The numbers of capture files, from 1 to the largest that is there or listed. */
    long numbers(@Nullable SealFile seal) {
        List<String> names = new ArrayList<>(present.keySet());
        if (seal != null) {
            seal.files().forEach(file -> names.add(file.name()));
        }
        long largest = 0;
        for (String name : names) {
            Matcher matcher = series.matcher(name);
            if (matcher.matches()) {
                largest = Math.max(largest, Long.parseLong(matcher.group(1)));
            }
        }
        return Math.min(
                largest, present.size() + (seal == null ? 0 : seal.files().size()) + 1L);
    }

    String name(long number, String suffix) {
        return "%s-%06d.%s".formatted(warrant, number, suffix);
    }

    /** These may be missing. */
    void destroyed(Set<String> names) {
        destroyed = Set.copyOf(names);
    }

    /** Compares with a list. @param list whose list it is, as in "the seal" */
    void against(List<ListedFile> files, String list) {
        for (ListedFile listed : files) {
            findings.count(Check.FILES, 1);
            WarrantReport.FileReport file = present.get(listed.name());
            if (file == null && destroyed.contains(listed.name())) {
                continue;
            }
            if (file == null) {
                tell(FindingCode.FILE_MISSING, listed.name(), list + " names it, and it is not there");
            } else if (!file.sha256().equals(listed.sha256().hex())) {
                tell(
                        FindingCode.FILE_CHANGED,
                        listed.name(),
                        "its hash is not the one in " + list + "; its "
                                + (file.bytes() == listed.bytes()
                                        ? "size is the same"
                                        : "size was " + listed.bytes() + " bytes and is " + file.bytes()));
            } else if (file.bytes() != listed.bytes()) {
                tell(FindingCode.FILE_CHANGED, listed.name(), list + " gives it another size");
            }
        }
    }

    /** Looks for files that must be there, and for files that must not. @param live the last number that is still written to, or 0 */
    void completeness(long numbers, long live, @Nullable SealFile seal) {
        for (long number = 1; number <= numbers; number++) {
            require(name(number, "pcapng"));
            require(name(number, "ledger"));
            if (number != live) {
                require(name(number, "statement.json"));
                require(name(number, "statement.sig"));
            }
        }
        Set<String> allowed = new HashSet<>(SEALS);
        allowed.addAll(DestructionCheck.NAMES);
        if (seal == null) {
            allowed.addAll(AT_THE_SEAL);
        } else {
            seal.files().forEach(file -> allowed.add(file.name()));
            AT_THE_SEAL.forEach(this::require);
        }
        present.forEach((name, file) -> {
            boolean lock = name.equals(LOCK) && file.bytes() == 0;
            boolean ours = allowed.contains(name)
                    || (seal == null && series.matcher(name).matches());
            if (!lock && !ours) {
                tell(FindingCode.FILE_ADDED, name, "no list names it");
            }
        });
    }

    private void require(String name) {
        if (!present.containsKey(name) && !destroyed.contains(name)) {
            tell(FindingCode.FILE_MISSING, name, "it is not there");
        }
    }

    /** One finding a file is enough. */
    private void tell(FindingCode code, String name, String text) {
        if (told.add(name)) {
            findings.add(code, name, text);
        }
    }

    private static WarrantReport.FileReport hashed(Path file, byte[] buffer, Progress progress) throws IOException {
        MessageDigest digest = MerkleTree.sha256();
        long bytes = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
                bytes += read;
                progress.advance(read);
            }
        }
        return new WarrantReport.FileReport(
                file.getFileName().toString(), bytes, HexFormat.of().formatHex(digest.digest()));
    }
}
