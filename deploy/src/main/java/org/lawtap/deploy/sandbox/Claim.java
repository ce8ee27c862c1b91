package org.lawtap.deploy.sandbox;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A sandbox's proof of life: {@code /run/lawtap/ID.claim}, locked (fcntl(2)) for as long as its process lives. It is made before
 * anything else of the sandbox, so that nothing of a dead sandbox is without a claim.
 *
 * <pre>
 *   pid=4711
 *   directory=/home/me/.lawtap/demo
 * </pre>
 */
public final class Claim implements AutoCloseable {
    /** Where all sandboxes of the machine leave their claims. */
    public static final Path DIRECTORY = Path.of("/run/lawtap");

    static final String SUFFIX = ".claim";

    private static final String COMMON_LOCK = "lock";
    private static final int CONTENT_BYTES_MAX = 64 << 10;

    /** Closing any channel on a file gives up all locks this process has on it (fcntl(2)): own claims are never opened twice. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final SandboxName name;
    private final Path file;
    private final FileChannel channel;

    /** What a claim says of its owner; empty where the owner died while writing. */
    record Content(OptionalLong pid, Optional<String> directory) {
        static Content parse(String text) {
            OptionalLong pid = OptionalLong.empty();
            Optional<String> directory = Optional.empty();
            for (String line : text.lines().toList()) {
                if (line.matches("pid=[0-9]{1,18}")) {
                    pid = OptionalLong.of(Long.parseLong(line.substring("pid=".length())));
                } else if (line.startsWith("directory=")) {
                    directory = Optional.of(line.substring("directory=".length()));
                }
            }
            return new Content(pid, directory);
        }

        String text() {
            return "pid=" + (pid.isPresent() ? pid.getAsLong() : "") + "\ndirectory=" + directory.orElse("") + "\n";
        }
    }

    private Claim(SandboxName name, Path file, FileChannel channel) {
        this.name = name;
        this.file = file;
        this.channel = channel;
    }

    /** Claims a name for this process. */
    @SuppressWarnings("try") // the common lock is held, not used
    public static Claim take(Path claims, SandboxName name, Path directory) throws SandboxException {
        synchronized (OWN) {
            try (FileChannel common = lockAll(claims)) {
                Path file = claims.resolve(name.id() + SUFFIX).toAbsolutePath();
                FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                try {
                    if (channel.tryLock() == null) {
                        throw new IOException("it is locked by another process");
                    }
                    OWN.add(file);
                    Content content = new Content(
                            OptionalLong.of(ProcessHandle.current().pid()),
                            Optional.of(directory.toAbsolutePath().toString()));
                    channel.write(ByteBuffer.wrap(content.text().getBytes(StandardCharsets.UTF_8)));
                    return new Claim(name, file, channel);
                } catch (IOException e) {
                    OWN.remove(file);
                    channel.close();
                    throw e;
                }
            } catch (IOException e) {
                throw new SandboxException(
                        "the sandbox " + name + " could not be claimed in " + claims + ": " + e
                                + "; is the process root?",
                        e);
            }
        }
    }

    /** What is claimed. */
    public SandboxName name() {
        return name;
    }

    /** Gives the name back: its file goes. To be called when nothing of the sandbox stands any more. */
    @Override
    public void close() throws SandboxException {
        synchronized (OWN) {
            try (channel) {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new SandboxException("the claim " + file + " could not be given back: " + e, e);
            } finally {
                OWN.remove(file);
            }
        }
    }

    /** What to do with a dead sandbox's claim; its file is deleted when this returns true. */
    interface Inheritor {
        boolean settle(SandboxName name, Content content);
    }

    /** Hands every claim whose owner is dead to the inheritor. Nobody else claims or inherits meanwhile. */
    @SuppressWarnings("try") // the common lock is held, not used
    static void inherit(Path claims, Inheritor inheritor) throws SandboxException {
        if (!Files.isDirectory(claims)) {
            return;
        }
        synchronized (OWN) {
            try (FileChannel common = lockAll(claims);
                    var files = Files.newDirectoryStream(claims, "*" + SUFFIX)) {
                for (Path file : files) {
                    String id = file.getFileName().toString();
                    id = id.substring(0, id.length() - SUFFIX.length());
                    if (id.matches("[0-9a-f]{8}") && !OWN.contains(file.toAbsolutePath())) {
                        inherit(file, new SandboxName(id), inheritor);
                    }
                }
            } catch (IOException e) {
                throw new SandboxException("the claims in " + claims + " could not be read: " + e, e);
            }
        }
    }

    private static void inherit(Path file, SandboxName name, Inheritor inheritor) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (channel.tryLock() == null) {
                return;
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(channel.size(), CONTENT_BYTES_MAX));
            channel.read(bytes);
            Content content =
                    Content.parse(StandardCharsets.UTF_8.decode(bytes.flip()).toString());
            if (inheritor.settle(name, content)) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Waits until no other process claims or inherits; closing the channel lets the next one go on. */
    private static FileChannel lockAll(Path claims) throws IOException {
        Files.createDirectories(claims);
        FileChannel common =
                FileChannel.open(claims.resolve(COMMON_LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            common.lock();
            return common;
        } catch (IOException e) {
            common.close();
            throw e;
        }
    }
}
