package org.lawtap.worker.identity;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The IP addresses of a pod's network as its own kernel files tell them, without those of loopback and of one link.
 *
 * <pre>
 *   /proc/PID/net/fib_trie:  ... |-- 10.244.1.7        the routes to itself: an address, then
 *                                   /32 host LOCAL
 *   /proc/PID/net/if_inet6:  ADDRESS INDEX PREFIX SCOPE FLAGS DEVICE, in hex; scope 00 is global, 10 the host, 20 the link
 * </pre>
 *
 * Source: Linux net/ipv4/fib_trie.c, net/ipv6/addrconf.c (if6_seq_show).
 */
final class PodIpAddresses {
    private static final String ENTRY = "|-- ";
    private static final String ITSELF = "/32 host LOCAL";
    private static final String GLOBAL = "00";
    private static final int SCOPE_WORD = 3;
    private static final int IPV6_DIGITS = 32;

    private PodIpAddresses() {}

    /** The addresses that a process's network has, 4 or 16 bytes each; those that can't be read are missing. */
    static List<ByteBuffer> read(Path proc, int pid) {
        Set<ByteBuffer> found = new LinkedHashSet<>();
        Path net = proc.resolve(pid + "/net");
        String entry = "";
        for (String line : lines(net.resolve("fib_trie"))) {
            String text = line.strip();
            if (text.startsWith(ENTRY)) {
                entry = text.substring(ENTRY.length());
            } else if (text.equals(ITSELF)) {
                addIpv4(found, entry);
            }
        }
        for (String line : lines(net.resolve("if_inet6"))) {
            String[] words = line.strip().split("\\s+", -1);
            if (words.length > SCOPE_WORD && words[SCOPE_WORD].equals(GLOBAL) && words[0].length() == IPV6_DIGITS) {
                addIpv6(found, words[0]);
            }
        }
        return new ArrayList<>(found);
    }

    private static void addIpv4(Set<ByteBuffer> found, String text) {
        try {
            InetAddress address = InetAddress.ofLiteral(text);
            if (!address.isLoopbackAddress() && !address.isLinkLocalAddress()) {
                found.add(ByteBuffer.wrap(address.getAddress()).asReadOnlyBuffer());
            }
        } catch (IllegalArgumentException e) {
            // Not an address: the file has another form.
        }
    }

    private static void addIpv6(Set<ByteBuffer> found, String digits) {
        try {
            found.add(ByteBuffer.wrap(HexFormat.of().parseHex(digits)).asReadOnlyBuffer());
        } catch (IllegalArgumentException e) {
            // Not an address: the file has another form.
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of();
        }
    }
}
