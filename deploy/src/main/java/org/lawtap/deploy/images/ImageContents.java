package org.lawtap.deploy.images;

import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;

/** What one image holds: its recipe, and what that came to on this machine. */
record ImageContents(
        Recipe recipe,
        String version,
        List<Jar> jars,
        SortedSet<String> modules,
        Path runtime,
        List<NativeLibraries.Library> libraries,
        String jdk) {
    ImageContents {
        jars = List.copyOf(jars);
        libraries = List.copyOf(libraries);
    }

    /** The Debian packages that its libraries are from. */
    List<NativeLibraries.DebianPackage> packages() {
        return libraries.stream()
                .map(NativeLibraries.Library::owner)
                .distinct()
                .sorted()
                .toList();
    }
}
