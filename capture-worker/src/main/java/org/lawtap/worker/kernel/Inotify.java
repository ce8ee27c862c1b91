package org.lawtap.worker.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Watches directories for what is made, removed and written in them, by inotify(7). An event says which directory to look at
 * again; what is there is for the caller to read.
 *
 * <pre>
 *   event: i32 watch | u32 mask | u32 cookie | u32 name length | name, NUL-padded
 * </pre>
 *
 * Owned by one thread.
 */
public final class Inotify implements AutoCloseable {
    private static final int NONBLOCK_CLOEXEC = 0x800 | 0x80000;
    private static final int IN_MODIFY = 0x2;
    private static final int IN_MOVED_TO = 0x80;
    private static final int IN_CREATE = 0x100;
    private static final int IN_DELETE = 0x200;
    private static final int IN_Q_OVERFLOW = 0x4000;
    private static final int IN_IGNORED = 0x8000;
    private static final int IN_ONLYDIR = 0x1000000;
    private static final int EVENT_BYTES = 16;
    private static final int RECEIVE_BYTES = 1 << 16;
    private static final int READS_MAX = 1000;

    private final int fd;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment receive = arena.allocate(RECEIVE_BYTES, 8);
    private final Map<Integer, Path> directories = new HashMap<>();
    private final Map<Path, Integer> watches = new HashMap<>();

    private Inotify(int fd) {
        this.fd = fd;
    }

    /** Takes an event. */
    @FunctionalInterface
    public interface Handler {
        /**
         * Something happened in a watched directory.
         *
         * @param directory null when the kernel's queue ran over: anything may have happened anywhere
         * @param name of what was made, removed or written in it; empty if the directory itself went away
         */
        void happened(@Nullable Path directory, String name);
    }

    /** Opens it; from now on it belongs to the calling thread. */
    public static Inotify open() throws KernelException {
        return new Inotify(Libc.inotifyInit(NONBLOCK_CLOEXEC));
    }

    /**
     * Watches the directory that has this name now; false if there is none. One that was removed and made again is to be watched
     * again: before Linux 7.1 the file system of cgroups does not tell that a watched one went away, and keeps its watch for ever.
     *
     * @throws KernelException also when the machine allows no more watches
     */
    public boolean watch(Path directory) throws KernelException {
        try {
            Integer watch = Libc.inotifyAddWatch(
                    fd, directory.toString(), IN_CREATE | IN_DELETE | IN_MODIFY | IN_MOVED_TO | IN_ONLYDIR);
            if (!watch.equals(watches.get(directory))) {
                unwatch(directory);
            }
            directories.put(watch, directory);
            watches.put(directory, watch);
            return true;
        } catch (KernelException e) {
            if (e.errno() == KernelException.ENOENT) {
                return false;
            }
            throw e;
        }
    }

    /** Ends a watch, if there is one. */
    public void unwatch(Path directory) throws KernelException {
        Integer watch = watches.remove(directory);
        if (watch != null) {
            directories.remove(watch);
            try {
                Libc.inotifyRemoveWatch(fd, watch);
            } catch (KernelException e) {
                if (e.errno() != KernelException.EINVAL) {
                    throw e;
                }
                // The directory went away, and its watch with it.
            }
        }
    }

    /** Hands over what happened; never waits. */
    public void read(Handler handler) throws KernelException {
        for (int i = 0; i < READS_MAX; i++) {
            int bytes = Libc.read(fd, receive);
            if (bytes < 0) {
                return;
            }
            take(bytes, handler);
        }
    }

    private void take(int bytes, Handler handler) {
        int at = 0;
        while (at + EVENT_BYTES <= bytes) {
            int watch = receive.get(ValueLayout.JAVA_INT, at);
            int mask = receive.get(ValueLayout.JAVA_INT, at + 4);
            int nameBytes = receive.get(ValueLayout.JAVA_INT, at + 12);
            Path directory = directories.get(watch);
            if ((mask & IN_Q_OVERFLOW) != 0) {
                handler.happened(null, "");
            } else if (directory != null) {
                if ((mask & IN_IGNORED) != 0) {
                    directories.remove(watch);
                    watches.remove(directory);
                }
                handler.happened(directory, name(at + EVENT_BYTES, nameBytes));
            }
            at += EVENT_BYTES + nameBytes;
        }
    }

    private String name(int at, int bytes) {
        byte[] text = receive.asSlice(at, bytes).toArray(ValueLayout.JAVA_BYTE);
        int end = 0;
        while (end < text.length && text[end] != 0) {
            end++;
        }
        return new String(text, 0, end, StandardCharsets.UTF_8);
    }

    /** The descriptor, for {@link Waiting}. */
    public int fd() {
        return fd;
    }

    @Override
    public void close() throws KernelException {
        arena.close();
        Libc.close(fd);
    }
}
