package org.lawtap.deploy.sandbox;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What sandboxes left behind that died without closing (kill -9, a full disk). A sandbox is dead if its {@link Claim} can be
 * locked; only names with the id of such a claim are touched.
 */
public final class Leftovers {
    private Leftovers() {}

    /**
     * A dead sandbox.
     *
     * @param directory where its owner kept its files; they are not touched
     * @param removed processes, network namespaces and cgroups, each in words
     * @param stayed what could not be removed, each with its reason; the next start tries again
     */
    public record Removed(
            SandboxName name, OptionalLong pid, Optional<String> directory, List<String> removed, List<String> stayed) {
        public Removed {
            removed = List.copyOf(removed);
            stayed = List.copyOf(stayed);
        }
    }

    /** Removes what dead sandboxes left, and says what that was. */
    public static List<Removed> clean(Path claims) throws SandboxException {
        List<Removed> found = new ArrayList<>();
        Claim.inherit(claims, (name, content) -> {
            Remains remains = new Remains();
            remains.all(name);
            found.add(new Removed(name, content.pid(), content.directory(), remains.removed(), remains.stayed()));
            return remains.stayed().isEmpty();
        });
        return found;
    }
}
