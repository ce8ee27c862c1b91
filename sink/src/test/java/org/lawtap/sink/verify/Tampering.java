package org.lawtap.sink.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Copies of one sample's evidence, each changed in one way and checked; what it counts is a table of kinds. Each thread has a
 * directory of its own, in which only what is changed is written, and put back afterwards.
 */
final class Tampering {
    private final Path root;
    private final TrustedKeys keys;
    private final Signatures signatures;
    private final Map<String, byte[]> original = new TreeMap<>();
    private final Map<String, Row> table = Collections.synchronizedMap(new LinkedHashMap<>());
    private final List<String> missed = Collections.synchronizedList(new ArrayList<>());
    private final ThreadLocal<Path> places = ThreadLocal.withInitial(this::copy);
    private final List<ListedFile> sealed;
    private int copies;

    Tampering(SampleEvidence evidence, Path root, Signatures signatures) throws IOException, FormException {
        this.root = root;
        this.keys = TrustedKeys.read(evidence.keys());
        this.signatures = signatures;
        try (Stream<Path> files = Files.list(evidence.directory())) {
            for (Path file : files.toList()) {
                original.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        this.sealed = SealFile.parse(Files.readAllBytes(evidence.directory().resolve(FilesCheck.SEAL)))
                .files();
    }

    /** One changed copy. @param changes bytes by file name, null for a file that is taken away; made when they are needed */
    record Case(String kind, String what, Supplier<Map<String, byte @Nullable []>> changes) {}

    private static final class Row {
        private int cases;
        private int detected;
        private final Map<FindingCode, Integer> codes = new EnumMap<>(FindingCode.class);
    }

    Map<String, byte[]> original() {
        return original;
    }

    /** Checks the case: a finding must come, and one must name what was changed. */
    void check(Case one) {
        Map<String, byte @Nullable []> changes = one.changes().get();
        List<Finding> findings = changed(changes, this::verified);
        count(one, findings, findings.stream().anyMatch(finding -> names(finding, changes.keySet())));
    }

    /** Checks the case of a file of which the lists alone vouch: no other check reads it. */
    void checkListed(Case one) {
        Map<String, byte @Nullable []> changes = one.changes().get();
        List<Finding> findings = changed(changes, this::listed);
        count(one, findings, findings.stream().anyMatch(finding -> names(finding, changes.keySet())));
    }

    /** Checks the case. @param enough findings that count as its detection */
    void check(Case one, Set<FindingCode> enough) {
        List<Finding> findings = changed(one.changes().get(), this::verified);
        count(one, findings, findings.stream().anyMatch(finding -> enough.contains(finding.code())));
    }

    /** What is found in a copy with these changes. */
    List<Finding> findings(Map<String, byte @Nullable []> changes) {
        return changed(changes, this::verified);
    }

    private static boolean names(Finding finding, Set<String> files) {
        return files.stream()
                .anyMatch(file -> file.equals(finding.file()) || finding.text().contains(file));
    }

    private void count(Case one, List<Finding> findings, boolean detected) {
        Row row = table.computeIfAbsent(one.kind(), kind -> new Row());
        synchronized (row) {
            row.cases++;
            row.detected += detected ? 1 : 0;
            findings.stream().map(Finding::code).distinct().forEach(code -> row.codes.merge(code, 1, Integer::sum));
        }
        if (!detected) {
            missed.add(one.kind() + ", " + one.what() + ": " + findings);
        }
    }

    private interface Check {
        List<Finding> of(Path place) throws IOException;
    }

    private List<Finding> verified(Path place) throws IOException {
        return new WarrantVerifier(
                        new EvidenceDirectory(place, SampleEvidence.WARRANT), keys, false, signatures, Progress.NONE)
                .verify()
                .findings();
    }

    private List<Finding> listed(Path place) throws IOException {
        Findings findings = new Findings();
        FilesCheck files = new FilesCheck(place, SampleEvidence.WARRANT, findings);
        files.read(keys.directory(), Progress.NONE);
        files.against(sealed, "the seal");
        return findings.all();
    }

    private List<Finding> changed(Map<String, byte @Nullable []> changes, Check check) {
        try {
            Path place = places.get();
            write(place, changes);
            try {
                return check.of(place);
            } finally {
                Map<String, byte @Nullable []> back = new LinkedHashMap<>();
                changes.keySet().forEach(name -> back.put(name, original.get(name)));
                write(place, back);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    List<String> missed() {
        return List.copyOf(missed);
    }

    String table() {
        StringBuilder text =
                new StringBuilder("%-58s %6s %9s  %s%n".formatted("what was done", "cases", "detected", "by"));
        table.forEach(
                (kind, row) -> text.append("%-58s %6d %9d  %s%n".formatted(kind, row.cases, row.detected, row.codes)));
        return text.toString();
    }

    private static void write(Path place, Map<String, byte @Nullable []> changes) throws IOException {
        for (Map.Entry<String, byte @Nullable []> change : changes.entrySet()) {
            byte[] bytes = change.getValue();
            if (bytes == null) {
                Files.deleteIfExists(place.resolve(change.getKey()));
            } else {
                Files.write(place.resolve(change.getKey()), bytes);
            }
        }
    }

    private Path copy() {
        try {
            Path place;
            synchronized (this) {
                place = Files.createDirectories(root.resolve("copy-" + copies++));
            }
            for (Map.Entry<String, byte[]> file : original.entrySet()) {
                Files.write(place.resolve(file.getKey()), file.getValue());
            }
            return place;
        } catch (IOException e) {
            throw new IllegalStateException("the evidence can't be copied", e);
        }
    }
}
