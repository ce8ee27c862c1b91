package org.lawtap.deploy.images;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The native libraries that an image needs, from this machine's Debian packages: what the dynamic linker names for the runtime, for the
 * native code in the jars and for libraries that are loaded by name.
 */
final class NativeLibraries {
    /** {@code NAME => FILE (ADDRESS)}, or the dynamic linker itself, {@code FILE (ADDRESS)}. */
    private static final Pattern NEEDED = Pattern.compile("(?:(\\S+) => )?(/\\S+) \\(0x[0-9a-f]+\\)");

    private static final Pattern MISSING = Pattern.compile("(\\S+) => not found");

    /** How the jars name this machine's kind. */
    private static final Pattern THIS_MACHINE = Pattern.compile(
            "(?:^|.*/)linux[-/]" + (amd64() ? "(?:amd64|x86[-_]64)" : "(?:aarch64|arm64)") + "/[^/]+\\.so",
            Pattern.CASE_INSENSITIVE);

    /** A library as it lies here. @param target where the linker of the image looks for it */
    record Library(Path file, String target, DebianPackage owner) {}

    /** A Debian package. */
    record DebianPackage(String name, String version, String architecture) implements Comparable<DebianPackage> {
        @Override
        public int compareTo(DebianPackage other) {
            return name.compareTo(other.name);
        }

        /** As package URLs are written. */
        String url() {
            return "pkg:deb/debian/" + name + "@" + version.replace("+", "%2B").replace(":", "%3A") + "?arch="
                    + architecture;
        }
    }

    private final Path work;
    private final List<Path> directories;

    NativeLibraries(Path work) {
        this.work = work;
        String triplet = amd64() ? "x86_64-linux-gnu" : "aarch64-linux-gnu";
        this.directories = List.of(Path.of("/lib", triplet), Path.of("/usr/lib", triplet));
    }

    /** The processor as images name it. */
    static String architecture() {
        return amd64() ? "amd64" : "arm64";
    }

    private static boolean amd64() {
        return List.of("amd64", "x86_64").contains(System.getProperty("os.arch").toLowerCase(Locale.ROOT));
    }

    /** All libraries that are needed, by where they go. */
    List<Library> of(Path runtime, List<Path> jars, Collection<String> byName) throws ImagesException {
        SortedMap<String, Path> found = new TreeMap<>();
        for (String name : byName) {
            Path file = directories.stream()
                    .map(directory -> directory.resolve(name))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow(() -> new ImagesException(name
                            + " is not on this machine; install its package (on Debian: apt-get install libpcap0.8)"));
            found.put(place(name), file);
            needed(file, Set.of(), found);
        }
        try {
            List<Path> own = nativeCode(runtime);
            Set<String> ownNames =
                    own.stream().map(code -> code.getFileName().toString()).collect(Collectors.toSet());
            for (Path code : own) {
                needed(code, ownNames, found);
            }
            for (Path jar : jars) {
                for (Path code : unpacked(jar)) {
                    needed(code, Set.of(), found);
                }
            }
        } catch (IOException e) {
            throw new ImagesException("native code could not be looked through: " + e.getMessage(), e);
        }
        found.values().removeIf(file -> file.startsWith(runtime));
        List<Library> libraries = new ArrayList<>();
        for (var entry : found.entrySet()) {
            libraries.add(new Library(entry.getValue(), entry.getKey(), owner(entry.getValue())));
        }
        return libraries;
    }

    private String place(String name) {
        return directories.getFirst().resolve(name).toString();
    }

    /** @param loaded what the JVM has loaded before this code */
    private void needed(Path code, Set<String> loaded, SortedMap<String, Path> found) throws ImagesException {
        for (String line : Program.run("ldd", code.toString()).lines().toList()) {
            Matcher missing = MISSING.matcher(line.strip());
            if (missing.matches() && !loaded.contains(missing.group(1))) {
                throw new ImagesException(code + " needs " + missing.group(1) + ", which is not on this machine");
            }
            Matcher matcher = NEEDED.matcher(line.strip());
            if (matcher.matches()) {
                Path file = Path.of(matcher.group(2));
                found.put(matcher.group(1) == null ? matcher.group(2) : place(matcher.group(1)), file);
            }
        }
    }

    private static List<Path> nativeCode(Path runtime) throws IOException {
        List<Path> code = new ArrayList<>(List.of(runtime.resolve("bin/java"), runtime.resolve("lib/jspawnhelper")));
        try (Stream<Path> files = Files.walk(runtime.resolve("lib"))) {
            files.filter(file -> file.toString().endsWith(".so")).sorted().forEach(code::add);
        }
        return code;
    }

    private List<Path> unpacked(Path jar) throws IOException {
        List<Path> code = new ArrayList<>();
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                if (THIS_MACHINE.matcher(entry.getName()).matches()) {
                    Path file = Files.createTempFile(work, "native", ".so");
                    try (InputStream in = zip.getInputStream(entry)) {
                        Files.copy(in, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                    }
                    code.add(file);
                }
            }
        }
        return code;
    }

    /** The package that a file is from; where /lib is a link to /usr/lib, either name may be the package's. */
    private static DebianPackage owner(Path file) throws ImagesException {
        SortedSet<String> names = new TreeSet<>(List.of(file.toString()));
        try {
            names.add(file.toRealPath().toString());
        } catch (IOException e) {
            throw new ImagesException(file + " can't be followed: " + e.getMessage(), e);
        }
        for (String name : List.copyOf(names)) {
            names.add(name.startsWith("/usr/") ? name.substring("/usr".length()) : "/usr" + name);
        }
        for (String name : names) {
            Optional<DebianPackage> owner = owner(name);
            if (owner.isPresent()) {
                return owner.get();
            }
        }
        throw new ImagesException(file
                + " belongs to no Debian package; images are built on Debian, so that it can be said what is in them");
    }

    private static Optional<DebianPackage> owner(String name) {
        try {
            String debian = Program.run("dpkg-query", "--search", name).split(": ", 2)[0];
            String[] shown = Program.run(
                            "dpkg-query", "--show", "--showformat=${Package} ${Version} ${Architecture}", debian)
                    .split(" ", -1);
            return Optional.of(new DebianPackage(shown[0], shown[1], shown[2].strip()));
        } catch (ImagesException e) {
            // Not known by this name.
            return Optional.empty();
        }
    }
}
