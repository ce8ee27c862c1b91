package org.lawtap.sink.seal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A seal that is there, as far as a sink that starts again must know it; whoever checks evidence reads all of it. */
public final class SealFile {
    private SealFile() {}

    /** The offset after the last record that the seal covers. @throws IOException also if the seal can't be read */
    public static long nextOffset(Path directory) throws IOException {
        try {
            JsonNode seal =
                    JsonMapper.builder().build().readTree(Files.readAllBytes(directory.resolve(WarrantSealer.SEAL)));
            JsonNode next = seal.path("log").path("next");
            if (!next.isIntegralNumber()) {
                throw new IOException(WarrantSealer.SEAL + " of " + directory + " names no offset");
            }
            return next.asLong();
        } catch (JacksonException e) {
            throw new IOException(WarrantSealer.SEAL + " of " + directory + " can't be read", e);
        }
    }
}
