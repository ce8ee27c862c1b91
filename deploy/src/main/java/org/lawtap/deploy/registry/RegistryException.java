package org.lawtap.deploy.registry;

import org.lawtap.schemas.process.ServiceMain;

/** What is wrong with a registry or the way to it, in a sentence that says what to do. */
final class RegistryException extends Exception {
    private static final long serialVersionUID = 1L;
    private static final int EXIT_FAILED = 1;

    private final int exitCode;

    private RegistryException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** The registry did not do it, or can't be reached. */
    static RegistryException failed(String message) {
        return new RegistryException(EXIT_FAILED, message);
    }

    /** What it was asked with is wrong: trying again does not help. */
    static RegistryException misconfigured(String message) {
        return new RegistryException(ServiceMain.EXIT_CONFIG, message);
    }

    int exitCode() {
        return exitCode;
    }
}
