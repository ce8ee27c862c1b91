package org.lawtap.deploy.registry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who asks the registry.
 *
 * <pre>
 *   basic USER:PASSWORD
 *   bearer TOKEN
 * </pre>
 *
 * @param authorization the value of the header Authorization
 */
record Credentials(String authorization) {
    private static final Pattern FORM = Pattern.compile("(?i)(basic|bearer) +(\\S.*)");

    /** Reads a file of one such line. */
    static Credentials read(Path file) throws RegistryException {
        String line;
        try {
            line = Files.readString(file).strip();
        } catch (IOException e) {
            throw RegistryException.misconfigured("the credentials in " + file + " can't be read: " + e.getMessage());
        }
        Matcher form = FORM.matcher(line);
        if (!form.matches()) {
            throw malformed(file);
        }
        String secret = form.group(2);
        if (form.group(1).equalsIgnoreCase("bearer")) {
            return new Credentials("Bearer " + secret);
        }
        if (secret.indexOf(':') < 1) {
            throw malformed(file);
        }
        return new Credentials("Basic " + Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8)));
    }

    /** Says nothing of what is in it. */
    private static RegistryException malformed(Path file) {
        return RegistryException.misconfigured(
                "the credentials in " + file + " must be one line: basic USER:PASSWORD, or bearer TOKEN");
    }

    @Override
    public String toString() {
        return "***";
    }
}
