package org.lawtap.deploy.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Brings a registry to where it holds every schema under its pinned number, and looks afterwards whether it does. */
record Registration(Registry registry, Pinning pinning) {
    /**
     * One schema as it stands in the registry.
     *
     * @param numbered whether it is there under its number
     * @param named whether its subject has it under that number
     */
    record Standing(PinnedSchema schema, boolean numbered, boolean named) {
        boolean isThere() {
            return numbered && named;
        }
    }

    /** How they stand; changes nothing. @throws RegistryException that names everything that is in the way, if anything is */
    List<Standing> look(List<PinnedSchema> schemas) throws RegistryException, InterruptedException {
        List<Standing> standings = new ArrayList<>();
        List<String> obstacles = new ArrayList<>();
        for (PinnedSchema schema : schemas) {
            Optional<String> numbered = registry.schema(schema.id());
            OptionalInt named = registry.id(schema);
            if (numbered.isPresent() && !schema.isSame(numbered.get())) {
                obstacles.add("the id " + schema.id() + " of " + schema.subject() + " is another schema's there");
            } else if (named.isPresent() && named.getAsInt() != schema.id()) {
                obstacles.add(schema.subject() + " has its schema under the id " + named.getAsInt() + " instead of "
                        + schema.id());
            } else {
                standings.add(new Standing(schema, numbered.isPresent(), named.isPresent()));
            }
        }
        if (!obstacles.isEmpty()) {
            throw RegistryException.failed(
                    String.join("; ", obstacles)
                            + ". Nothing was changed. Records carry these ids: use another registry, or delete what is in the way");
        }
        return standings;
    }

    /** Registers what is not there. May be done again at any time. */
    void register(List<Standing> standings) throws RegistryException, InterruptedException {
        for (Standing standing : standings) {
            PinnedSchema schema = standing.schema();
            if (!standing.isThere()) {
                pinning.register(schema, standing.numbered());
            }
            if (!isHeldTo(schema)) {
                registry.setCompatibility(schema.subject());
            }
            check(schema);
        }
    }

    private void check(PinnedSchema schema) throws RegistryException, InterruptedException {
        Optional<String> numbered = registry.schema(schema.id());
        OptionalInt named = registry.id(schema);
        if (numbered.isEmpty() || !schema.isSame(numbered.get())) {
            throw RegistryException.failed(
                    "the registry took " + schema.subject() + " and does not give it back under the id " + schema.id());
        }
        if (named.isEmpty() || named.getAsInt() != schema.id()) {
            throw RegistryException.failed("the registry took " + schema.subject()
                    + " and does not find it there under the id " + schema.id());
        }
        if (!isHeldTo(schema)) {
            throw RegistryException.failed(
                    "the registry did not keep " + Registry.COMPATIBILITY + " for " + schema.subject());
        }
    }

    private boolean isHeldTo(PinnedSchema schema) throws RegistryException, InterruptedException {
        return registry.compatibility(schema.subject()).equals(Optional.of(Registry.COMPATIBILITY));
    }
}
