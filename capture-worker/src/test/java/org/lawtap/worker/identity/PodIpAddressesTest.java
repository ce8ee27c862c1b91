package org.lawtap.worker.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodIpAddressesTest {
    private static final String FIB_TRIE = """
            Main:
              +-- 0.0.0.0/0 3 0 5
                 |-- 0.0.0.0
                    /0 universe UNICAST
                 +-- 10.244.1.0/24 2 0 2
                    |-- 10.244.1.0
                       /24 link UNICAST
                    |-- 10.244.1.7
                       /32 host LOCAL
                    |-- 10.244.1.255
                       /32 link BROADCAST
                 +-- 127.0.0.0/8 2 0 2
                    |-- 127.0.0.1
                       /32 host LOCAL
            Local:
              +-- 0.0.0.0/0 3 0 5
                    |-- 10.244.1.7
                       /32 host LOCAL
            """;
    private static final String IF_INET6 = """
            00000000000000000000000000000001 01 80 10 80       lo
            fe80000000000000042a3ffffe8f0001 02 40 20 80     eth0
            fd000010024400010000000000000007 02 40 00 80     eth0
            """;

    @TempDir
    Path proc = Path.of("");

    @Test
    void readsEachAddressOnceWithoutLoopbackAndLinkLocal() throws IOException {
        write("fib_trie", FIB_TRIE);
        write("if_inet6", IF_INET6);
        assertThat(read()).containsExactly("10.244.1.7", "fd00:10:244:1:0:0:0:7");
    }

    @Test
    void aNetworkWithoutIpv6HasTheOthers() throws IOException {
        write("fib_trie", FIB_TRIE);
        assertThat(read()).containsExactly("10.244.1.7");
    }

    @Test
    void filesInAnotherFormNameNothing() throws IOException {
        write("fib_trie", "|-- nonsense\n/32 host LOCAL\n/32 host LOCAL\n");
        write("if_inet6", "xyz 02 40 00 80 eth0\nshort\n" + "g".repeat(32) + " 02 40 00 80 eth0\n");
        assertThat(read()).isEmpty();
    }

    @Test
    void aProcessThatEndedHasNone() throws IOException {
        assertThat(PodIpAddresses.read(proc, 8)).isEmpty();
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(Files.createDirectories(proc.resolve("7/net")).resolve(name), text);
    }

    private List<String> read() throws UnknownHostException {
        List<String> texts = new ArrayList<>();
        for (ByteBuffer address : PodIpAddresses.read(proc, 7)) {
            byte[] bytes = new byte[address.remaining()];
            address.duplicate().get(bytes);
            texts.add(InetAddress.getByAddress(bytes).getHostAddress());
        }
        return texts;
    }
}
