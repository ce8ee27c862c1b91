package org.lawtap.schemas.model;

import java.util.HexFormat;

/** A SHA-256 hash. @param hex lower-case */
public record Sha256(String hex) {
    /** Length of the hash itself. */
    public static final int BYTES = 32;

    public Sha256 {
        if (hex.length() != 2 * BYTES || !hex.matches("[0-9a-f]*")) {
            throw new IllegalArgumentException("not a SHA-256 hash in lower-case hex: " + hex.length() + " characters");
        }
    }

    /** The hash with these 32 bytes. */
    public static Sha256 of(byte[] bytes) {
        return new Sha256(HexFormat.of().formatHex(bytes));
    }

    /** The hash's 32 bytes. */
    public byte[] bytes() {
        return HexFormat.of().parseHex(hex);
    }

    @Override
    public String toString() {
        return hex;
    }
}
