package org.lawtap.sink.pcapng;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.lawtap.sink.pcapng.Crafted.NONE;
import static org.lawtap.sink.pcapng.Crafted.TIME;
import static org.lawtap.sink.pcapng.Crafted.frame;
import static org.lawtap.sink.pcapng.Crafted.join;
import static org.lawtap.sink.pcapng.PcapngReport.Verdict.ACCEPTED;
import static org.lawtap.sink.pcapng.PcapngReport.Verdict.FLAGGED;
import static org.lawtap.sink.pcapng.PcapngReport.Verdict.REJECTED;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lawtap.sink.pcapng.PcapngReport.Verdict;

/** Valid and malformed capture files, in both byte orders, with what our check and other readers make of them. */
final class CraftedFiles {
    private final ByteOrder order;
    private final List<Case> cases = new ArrayList<>();

    private CraftedFiles(ByteOrder order) {
        this.order = order;
    }

    /**
     * One file.
     *
     * @param packets that our check counts, up to where the file is broken
     * @param at the byte of the first finding, -1 where there is none
     * @param tshark whether tshark reads it to its end
     * @param libpcap whether tcpdump does
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Case(
            String name,
            ByteOrder order,
            byte[] bytes,
            Verdict verdict,
            int packets,
            int at,
            boolean tshark,
            boolean libpcap) {
        @Override
        public String toString() {
            return name + (order == LITTLE_ENDIAN ? ", little-endian" : ", big-endian");
        }
    }

    static List<Case> all() {
        List<Case> all = new ArrayList<>();
        for (ByteOrder order : List.of(LITTLE_ENDIAN, BIG_ENDIAN)) {
            CraftedFiles files = new CraftedFiles(order);
            files.valid();
            files.remarkable();
            files.flagged();
            files.options();
            files.broken();
            files.ends();
            all.addAll(files.cases);
        }
        return all;
    }

    private void valid() {
        good("one packet", begun().packet(60), 1);
        good(
                "packets of 0 to 5 bytes",
                begun().packet(0).packet(1).packet(2).packet(3).packet(4).packet(5),
                6);
        good("time 0", begun().packet(0, 0, 60, 60, frame(60), NONE), 1);
        good("the last time there is", begun().packet(0, -1, 60, 60, frame(60), NONE), 1);
        good("decreasing times", begun().packet(60).packet(0, TIME - 5_000_000, 60, 60, frame(60), NONE), 2);
        good("a packet that was cut", begun().packet(0, TIME, 60, 1500, frame(60), NONE), 1);
        Crafted all = new Crafted(order);
        all.section()
                .described(
                        1,
                        0,
                        all.options(
                                all.option(2, "eth0"),
                                all.option(3, "an interface"),
                                all.option(6, new byte[6]),
                                all.option(9, new byte[] {9}),
                                all.option(11, "\0tcp"),
                                all.option(12, "Linux")))
                .packetWith(all.options(
                        all.option(1, "one"),
                        all.option(1, "another"),
                        all.option(2, all.u32(0x201)),
                        all.option(4, all.u64(3)),
                        all.option(5, all.u64(7))))
                .statistics(0, all.options(all.option(4, all.u64(1)), all.option(5, all.u64(0))));
        good("all our options", all, 1);
        good("two interfaces alike", begun().described(1, 65_535, NONE).packet(1, TIME, 60, 60, frame(60), NONE), 1);
        good("a section that says its length", sized(0).packet(60), 1);
        Crafted names = begun();
        names.block(4, join(name(names, 1, new byte[] {10, 0, 0, 1}, "a\0b\0"), names.u32(0)))
                .packet(60);
        good("names", names, 1);
        good("a simple packet", begun().block(3, join(begun().u32(60), frame(60))), 1);
        good("a block of an unknown type", begun().block(0x7777, new byte[4]).packet(60), 1);
    }

    private void remarkable() {
        remark("no interface", new Crafted(order).section(), 0, 0, true, false);
        remark("two link types", begun().described(113, 65_535, NONE).packet(60), 1, 56, true, false);
        remark("two snap lengths", begun().described(1, 1_000, NONE).packet(60), 1, 56, true, false);
        ByteOrder other = order == LITTLE_ENDIAN ? BIG_ENDIAN : LITTLE_ENDIAN;
        Crafted first = begun().packet(60);
        remark(
                "a second section of the other byte order",
                begun().packet(60).then(Crafted.begun(other).packet(60)),
                2,
                first.size(),
                true,
                false);
        remark(
                "version 1.2",
                new Crafted(order).section(1, 2, -1).described(1, 0, NONE).packet(60),
                1,
                14,
                true,
                true);
        Crafted custom = begun();
        custom.block(PcapngBlocks.CUSTOM, join(custom.u32(32473), new byte[8])).packet(60);
        remark("a custom block", custom, 1, 48, true, true);
        Crafted obsolete = begun();
        obsolete.block(
                2,
                join(
                        obsolete.u16(0),
                        obsolete.u16(0),
                        obsolete.u32((int) (TIME >>> 32)),
                        obsolete.u32((int) TIME),
                        obsolete.u32(60),
                        obsolete.u32(60),
                        frame(60)));
        remark("an obsolete packet block", obsolete, 1, 48, true, true);
    }

    private void flagged() {
        flag("more bytes than the snap length", small().packet(60), 48, true, false);
        flag("more bytes than it had", begun().packet(0, TIME, 60, 40, frame(60), NONE), 48, true, true);
        byte[] dirty = frame(61);
        dirty[62] = 1;
        flag("padding that is not zero", begun().packet(0, TIME, 61, 61, dirty, NONE), 48 + 28 + 62, true, true);
        flag("a wrong section length", sized(4).packet(60), 16, true, true);
        Crafted without = begun();
        flag("options without an end", without.packetWith(without.option(2, without.u32(1))), 48 + 96, true, true);
        Crafted reserved = begun();
        flag(
                "flags without a meaning",
                reserved.packetWith(reserved.options(reserved.option(2, reserved.u32(0xf001)))),
                48 + 92,
                true,
                true);
        Crafted twice = begun();
        flag(
                "flags twice",
                twice.packetWith(twice.options(twice.option(2, twice.u32(1)), twice.option(2, twice.u32(2)))),
                48 + 96,
                true,
                true);
        Crafted foreign = begun();
        flag(
                "statistics of no interface",
                foreign.statistics(7, foreign.options(foreign.option(4, foreign.u64(1))))
                        .packet(60),
                56,
                true,
                true);
        Crafted odd = begun();
        flag(
                "statistics of a wrong length",
                odd.statistics(0, odd.options(odd.option(4, odd.u32(1)))).packet(60),
                68,
                true,
                true);
        Crafted after = begun();
        flag("bytes after the end of options", after.packetWith(join(after.u32(0), new byte[4])), 48 + 88, true, true);
        Crafted latin = begun();
        flag(
                "a text that is not UTF-8",
                latin.packetWith(latin.options(latin.option(1, new byte[] {(byte) 0xff}))),
                48 + 88,
                true,
                true);
        Crafted name = begun();
        name.block(4, join(name(name, 1, new byte[] {10, 0, 0, 1}, "abcd"), name.u32(0)))
                .packet(60);
        flag("a name without its zero", name, 56, false, true);
    }

    private void options() {
        Crafted long5 = begun();
        flag("flags of 5 bytes", long5.packetWith(long5.options(long5.option(2, new byte[5]))), 48 + 88, false, true);
        Crafted overrun = begun();
        broken(
                "an option longer than its block",
                overrun.packetWith(join(overrun.u16(1), overrun.u16(400), new byte[4])),
                0,
                48 + 88,
                false,
                true);
        resolution("a resolution of 2 bytes", REJECTED, 28 + 16, 0, new byte[] {9, 9});
        resolution("a resolution of 10^-20", FLAGGED, 28 + 20, 1, new byte[] {20});
        resolution("two resolutions", FLAGGED, 28 + 24, 1, new byte[] {6}, new byte[] {9});
    }

    private void resolution(String name, Verdict verdict, int at, int packets, byte[]... values) {
        Crafted file = new Crafted(order).section();
        byte[][] options =
                Arrays.stream(values).map(value -> file.option(9, value)).toArray(byte[][]::new);
        add(name, file.described(1, 65_535, file.options(options)).packet(60), verdict, packets, at, true, false);
    }

    private void broken() {
        broken("a packet before its interface", new Crafted(order).section().packet(60), 0, 36, false, false);
        broken(
                "a packet of an unknown interface",
                begun().packet(1, TIME, 60, 60, frame(60), NONE),
                0,
                56,
                false,
                false);
        broken("two lengths that differ", changed(begun().packet(60), -4, 8), 0, 48 + 92 - 4, false, false);
        broken(
                "a block of 8 bytes",
                begun().raw(join(begun().u32(6), begun().u32(8), new byte[60])),
                0,
                48,
                false,
                false);
        broken(
                "a block of 13 bytes",
                begun().raw(join(begun().u32(6), begun().u32(13), new byte[60])),
                0,
                48,
                false,
                false);
        broken(
                "a block of 94 bytes",
                begun().raw(join(begun().u32(6), begun().u32(94), new byte[86])),
                0,
                48,
                false,
                false);
        broken(
                "a packet longer than its block",
                begun().packet(0, TIME, 600, 600, frame(60), NONE),
                0,
                48,
                false,
                false);
        broken("a block too short for a packet", begun().block(6, new byte[12]), 0, 48, false, false);
        broken(
                "a packet of 300,000 bytes",
                new Crafted(order).section().described(1, 0, NONE).packet(300_000),
                0,
                48,
                false,
                false);
        broken("a block of 17 MiB", begun().block(0x7777, new byte[17 << 20]), 0, 48, true, false);
        broken("version 1.1", new Crafted(order).section(1, 1, -1).described(1, 0, NONE), 0, 12, false, false);
        broken("version 2.0", new Crafted(order).section(2, 0, -1).described(1, 0, NONE), 0, 12, false, false);
    }

    private void ends() {
        byte[] whole = begun().packet(60).packet(60).bytes();
        int second = 48 + 92;
        for (int cut : List.of(1, 4, 40, 85, 91)) {
            broken(
                    "cut off, " + cut + " bytes short",
                    raw(Arrays.copyOf(whole, whole.length - cut)),
                    1,
                    second,
                    false,
                    false);
        }
        for (int more : List.of(1, 7)) {
            byte[] longer = Arrays.copyOf(whole, whole.length + more);
            broken(more + " bytes more", raw(longer), 2, whole.length, false, false);
        }
        broken("a tail of zeros", raw(Arrays.copyOf(whole, whole.length + 64)), 2, whole.length, false, false);
        String text = new String(whole, StandardCharsets.ISO_8859_1).replace("\n", "\r\n");
        // A big-endian one then looks like another format to tshark.
        boolean misread = order == BIG_ENDIAN;
        broken("line ends changed on the way", raw(text.getBytes(StandardCharsets.ISO_8859_1)), 0, 0, misread, false);
        broken(
                "not a section header first",
                new Crafted(order).described(1, 0, NONE).packet(60),
                0,
                0,
                false,
                false);
        broken("empty", new Crafted(order), 0, 0, true, false);
    }

    private Crafted begun() {
        return Crafted.begun(order);
    }

    private Crafted small() {
        return new Crafted(order).section().described(1, 40, NONE);
    }

    /** A section that says its length, which is wrong by so many bytes, for one packet of 60 bytes. */
    private Crafted sized(int wrong) {
        return new Crafted(order).section(1, 0, 20 + 92 + wrong).described(1, 65_535, NONE);
    }

    private static byte[] name(Crafted crafted, int type, byte[] address, String names) {
        byte[] value = join(address, names.getBytes(StandardCharsets.UTF_8));
        return join(crafted.u16(type), crafted.u16(value.length), Crafted.padded(value));
    }

    private Crafted raw(byte[] bytes) {
        return new Crafted(order).raw(bytes);
    }

    private Crafted changed(Crafted file, int fromEnd, int by) {
        byte[] bytes = file.bytes();
        int at = bytes.length + fromEnd + (order == BIG_ENDIAN ? 3 : 0);
        bytes[at] += (byte) by;
        return raw(bytes);
    }

    private void good(String name, Crafted file, int packets) {
        add(name, file, ACCEPTED, packets, -1, true, true);
    }

    private void remark(String name, Crafted file, int packets, int at, boolean tshark, boolean libpcap) {
        add(name, file, ACCEPTED, packets, at, tshark, libpcap);
    }

    private void flag(String name, Crafted file, int at, boolean tshark, boolean libpcap) {
        add(name, file, FLAGGED, 1, at, tshark, libpcap);
    }

    private void broken(String name, Crafted file, int packets, int at, boolean tshark, boolean libpcap) {
        add(name, file, REJECTED, packets, at, tshark, libpcap);
    }

    private void add(String name, Crafted file, Verdict verdict, int packets, int at, boolean tshark, boolean libpcap) {
        cases.add(new Case(name, order, file.bytes(), verdict, packets, at, tshark, libpcap));
    }
}
