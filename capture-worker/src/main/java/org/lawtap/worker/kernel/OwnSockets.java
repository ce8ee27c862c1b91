package org.lawtap.worker.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** The TCP sockets of this process, as its descriptors tell. */
public final class OwnSockets {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final int ADDRESS_BYTES = 28;
    private static final int PORT_AT = 2;
    private static final int IPV4_AT = 4;
    private static final int IPV6_AT = 8;

    private OwnSockets() {}

    /** Reads them, as {@link #localEnds} does. */
    @FunctionalInterface
    public interface Reader {
        Set<InetSocketAddress> localEnds() throws IOException;
    }

    /** The local end of each TCP socket that has one; an IPv4 address is one, also at a socket for both families. */
    public static Set<InetSocketAddress> localEnds() throws IOException {
        Set<InetSocketAddress> ends = new HashSet<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path descriptor : descriptors) {
                InetSocketAddress end = localEnd(descriptor);
                if (end != null && end.getPort() != 0) {
                    ends.add(end);
                }
            }
        }
        return ends;
    }

    private static @org.jspecify.annotations.Nullable InetSocketAddress localEnd(Path descriptor) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            if (!Files.readSymbolicLink(descriptor).toString().startsWith("socket:")) {
                return null;
            }
            int fd = Integer.parseInt(descriptor.getFileName().toString());
            MemorySegment type = arena.allocate(ValueLayout.JAVA_INT);
            Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_TYPE, type, "SO_TYPE");
            MemorySegment address = arena.allocate(ADDRESS_BYTES, 4);
            Libc.getsockname(fd, address);
            int family = Short.toUnsignedInt(address.get(ValueLayout.JAVA_SHORT, 0));
            if (type.get(ValueLayout.JAVA_INT, 0) != Libc.SOCK_STREAM
                    || (family != Libc.AF_INET && family != Libc.AF_INET6)) {
                return null;
            }
            byte[] bytes = family == Libc.AF_INET
                    ? address.asSlice(IPV4_AT, 4).toArray(ValueLayout.JAVA_BYTE)
                    : address.asSlice(IPV6_AT, 16).toArray(ValueLayout.JAVA_BYTE);
            int port = Short.toUnsignedInt(Short.reverseBytes(address.get(ValueLayout.JAVA_SHORT, PORT_AT)));
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (KernelException | java.nio.file.NoSuchFileException e) {
            // Closed since the directory was read.
            return null;
        }
    }
}
