package org.lawtap.sink.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.lawtap.schemas.model.WarrantId;

/** A directory that holds one warrant's evidence. */
public record EvidenceDirectory(Path directory, WarrantId warrant) {
    private static final int DEPTH_MAX = 4;
    private static final Pattern SERIES =
            Pattern.compile("([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-\\d{6}\\.(pcapng|ledger)");
    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    /** The warrants' directories at or below this one, a few levels deep, in the order of their names. */
    public static List<EvidenceDirectory> under(Path root) throws IOException {
        Path absolute = root.toAbsolutePath().normalize();
        List<EvidenceDirectory> found = new ArrayList<>();
        search(absolute, 0, found);
        return found;
    }

    /** The directories of keys that a reader finds beside the evidence: in {@code root}, and at or above a warrant's. */
    public static Optional<Path> keysBeside(Path root, List<EvidenceDirectory> evidence) {
        Path absolute = root.toAbsolutePath().normalize();
        List<Path> places = new ArrayList<>();
        places.add(absolute);
        Path top = absolute.getParent();
        for (EvidenceDirectory one : evidence) {
            Path place = one.directory().getParent();
            while (place != null && (top == null || place.startsWith(top))) {
                places.add(place);
                place = place.getParent();
            }
        }
        return places.stream()
                .map(place -> place.resolve("keys"))
                .filter(TrustedKeys::isAt)
                .findFirst();
    }

    private static void search(Path directory, int depth, List<EvidenceDirectory> into) throws IOException {
        Optional<WarrantId> warrant = warrant(directory);
        if (warrant.isPresent()) {
            into.add(new EvidenceDirectory(directory, warrant.get()));
            return;
        }
        if (depth < DEPTH_MAX) {
            try (Stream<Path> entries = Files.list(directory)) {
                for (Path entry : entries.filter(path -> Files.isDirectory(path) && Files.isReadable(path))
                        .sorted()
                        .toList()) {
                    search(entry, depth + 1, into);
                }
            }
        }
    }

    /** By its name, if it is a warrant's and holds files; else by the names of capture files in it. */
    private static Optional<WarrantId> warrant(Path directory) throws IOException {
        String name = String.valueOf(directory.getFileName());
        try (Stream<Path> entries = Files.list(directory)) {
            List<String> names = entries.filter(Files::isRegularFile)
                    .map(path -> path.getFileName().toString())
                    .toList();
            boolean evidence =
                    names.stream().anyMatch(file -> SERIES.matcher(file).matches() || file.equals("seal.json"));
            if (ID.matcher(name).matches() && (evidence || !names.isEmpty())) {
                return Optional.of(WarrantId.parse(name));
            }
            return names.stream()
                    .map(SERIES::matcher)
                    .filter(Matcher::matches)
                    .map(matcher -> WarrantId.parse(matcher.group(1)))
                    .findFirst();
        }
    }
}
