package org.lawtap.sink.seal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.FileDigest;

/** A small file that is there as a whole or not at all, also after a power cut. */
public final class WholeFile {
    private WholeFile() {}

    /** Writes it in the place of what may be there. */
    public static FileDigest put(Path directory, String name, byte[] bytes) throws IOException {
        Path written = directory.resolve("." + name + ".part");
        try (FileChannel channel = FileChannel.open(
                written, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        Files.move(
                written, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel channel = FileChannel.open(directory)) {
            channel.force(true);
        }
        return digest(name, bytes);
    }

    /** Writes it, unless it is there as it must be. @throws EvidenceException if it is there and something else */
    static FileDigest putOrCompare(Path directory, String name, byte[] bytes) throws IOException, EvidenceException {
        Path file = directory.resolve(name);
        if (!Files.exists(file)) {
            return put(directory, name, bytes);
        }
        if (!Arrays.equals(Files.readAllBytes(file), bytes)) {
            throw new EvidenceException(name + " is not what the log and this sink's key say");
        }
        return digest(name, bytes);
    }

    static FileDigest digest(String name, byte[] bytes) {
        return new FileDigest(
                name, bytes.length, HexFormat.of().formatHex(MerkleTree.sha256().digest(bytes)));
    }
}
