package org.lawtap.schemas.order;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PrivateKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Keys as text (RFC 7468), as openssl writes and reads them. */
final class Pem {
    private Pem() {}

    static String text(String label, byte[] bytes) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
                + "\n-----END " + label + "-----\n";
    }

    /** The bytes of a file of this label. @throws IllegalArgumentException if it is none */
    static byte[] read(String label, Path file) throws IOException {
        String begin = "-----BEGIN " + label + "-----";
        String end = "-----END " + label + "-----";
        List<String> lines = Arrays.asList(Files.readString(file).strip().split("\\R"));
        if (lines.size() < 3
                || !lines.getFirst().equals(begin)
                || !lines.getLast().equals(end)) {
            throw new IllegalArgumentException(file + " is not a PEM file that starts with " + begin);
        }
        return Base64.getDecoder().decode(String.join("", lines.subList(1, lines.size() - 1)));
    }

    /** Writes a private key, readable by its owner only; refuses to overwrite. */
    static void writePrivate(Path file, PrivateKey key) throws IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text("PRIVATE KEY", key.getEncoded()));
    }
}
