package org.lawtap.deploy.registry;

/** How a kind of registry takes a schema under a number that is not of its own choice. */
sealed interface Pinning permits ConfluentPinning, ApicurioPinning {
    /**
     * Puts the schema under its subject and number. The number is free, or has this schema already.
     *
     * @param numbered whether the registry has this schema under this number, without the subject
     */
    void register(PinnedSchema schema, boolean numbered) throws RegistryException, InterruptedException;
}
