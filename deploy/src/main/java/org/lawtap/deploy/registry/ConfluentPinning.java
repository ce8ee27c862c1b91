package org.lawtap.deploy.registry;

import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * By Confluent's API: a subject in the mode IMPORT takes id and version from the request. The mode is what it was before, afterwards,
 * also where registering failed.
 */
record ConfluentPinning(Registry registry) implements Pinning {
    private static final String IMPORT = "IMPORT";

    @Override
    public void register(PinnedSchema schema, boolean numbered) throws RegistryException, InterruptedException {
        String subject = schema.subject();
        List<Integer> versions = registry.versions(subject);
        int version = versions.isEmpty() ? 1 : Collections.max(versions) + 1;
        Optional<String> before = registry.mode(subject);
        registry.setMode(subject, IMPORT, !versions.isEmpty());
        Optional<RegistryException> failure = Optional.empty();
        try {
            add(schema, version);
        } catch (RegistryException e) {
            failure = Optional.of(e);
        }
        try {
            restore(subject, before);
        } catch (RegistryException e) {
            throw RegistryException.failed(failure.map(first -> first.getMessage() + "; besides, ")
                            .orElse("") + subject + " is left in the mode " + IMPORT + ", as " + e.getMessage());
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    private void add(PinnedSchema schema, int version) throws RegistryException, InterruptedException {
        int id = registry.add(schema, Registry.json().put("id", schema.id()).put("version", version));
        if (id != schema.id()) {
            throw RegistryException.failed("the registry gave " + schema.subject() + " the id " + id + " instead of "
                    + schema.id() + ": it does not import ids. Delete version " + version + " of that subject");
        }
    }

    private void restore(String subject, Optional<String> before) throws RegistryException, InterruptedException {
        if (before.isPresent()) {
            registry.setMode(subject, before.get(), true);
        } else {
            registry.unsetMode(subject);
        }
    }
}
