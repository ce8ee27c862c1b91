package org.lawtap.deploy.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.sink.pcapng.PcapngException;
import org.lawtap.sink.pcapng.PcapngReader;

/** One evidence file with its digest. @param bytes its size */
record EvidenceFile(Path path, long bytes, String sha256) {
    private static final String SESSION = "session=";

    /** The files of a warrant, in order. */
    static List<EvidenceFile> of(Path evidence, WarrantId warrant) throws DemoException {
        List<EvidenceFile> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(evidence.resolve(warrant.toString()), "*.pcapng")) {
            for (Path path : found) {
                files.add(new EvidenceFile(path, Files.size(path), sha256(path)));
            }
        } catch (IOException e) {
            throw new DemoException("the evidence of warrant " + warrant + " can't be read: " + e.getMessage(), e);
        }
        files.sort(java.util.Comparator.comparing(file -> file.path().toString()));
        return files;
    }

    /** Reads every packet of the file with the session id that its interface's description names. */
    void read(BiConsumer<String, PcapngReader.Frame> into) throws DemoException {
        try (PcapngReader reader = PcapngReader.open(path)) {
            Map<Integer, String> sessions = new HashMap<>();
            PcapngReader.Frame frame = reader.next();
            while (frame != null) {
                String session = sessions.computeIfAbsent(
                        frame.interfaceId(),
                        id -> sessionOf(reader.interfaces().get(id).description()));
                into.accept(session, frame);
                frame = reader.next();
            }
        } catch (IOException | PcapngException e) {
            throw new DemoException(path + ": " + e.getMessage(), e);
        }
    }

    /** Whether the frame goes to or comes from this hardware address, or to a group. */
    static boolean concerns(ByteBuffer frame, ByteBuffer address) {
        if (frame.remaining() < 12) {
            return false;
        }
        boolean group = (frame.get(0) & 1) != 0;
        return group || frame.slice(0, 6).equals(address) || frame.slice(6, 6).equals(address);
    }

    /** Whether the frame's source is this hardware address. */
    static boolean comesFrom(ByteBuffer frame, ByteBuffer address) {
        return frame.remaining() >= 12 && frame.slice(6, 6).equals(address);
    }

    private static String sessionOf(String description) {
        int at = description.indexOf(SESSION);
        int end = description.indexOf(' ', at);
        return at < 0 ? "" : description.substring(at + SESSION.length(), end < 0 ? description.length() : end);
    }

    private static String sha256(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path);
                DigestInputStream digest = new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
            digest.transferTo(java.io.OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digest.getMessageDigest().digest());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }
}
