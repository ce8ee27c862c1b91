package org.lawtap.worker.engine;

import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import java.lang.reflect.Method;
import java.util.regex.Pattern;
import org.lawtap.worker.kernel.PacketRing;
import org.pcap4j.core.BpfProgram;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;
import org.pcap4j.packet.namednumber.DataLinkType;

/** Compiles pcap-filter expressions (pcap-filter(7)) with libpcap, through pcap4j. */
public final class Filters {
    private static final int INSTRUCTION_BYTES = 8;

    /**
     * The kernel takes the outer VLAN tag off before a filter runs, and libpcap compiles for that on a live handle only: the same
     * words would let through other packets on each engine, perhaps more than the warrant grants.
     */
    private static final Pattern DEPENDS_ON_ENGINE =
            Pattern.compile("(?i)\\b(vlan|inbound|outbound|ifname|ifindex)\\b");

    private Filters() {}

    /**
     * Compiles for Ethernet; a packet that passes is cut at the snap length.
     *
     * @return classic BPF, 8 bytes an instruction
     * @throws IllegalArgumentException if the expression is none
     */
    public static byte[] compile(String expression) {
        if (DEPENDS_ON_ENGINE.matcher(expression).find()) {
            throw new IllegalArgumentException("the filter uses a word whose meaning depends on the engine:"
                    + " vlan, inbound, outbound, ifname or ifindex");
        }
        try (PcapHandle handle = Pcaps.openDead(DataLinkType.EN10MB, PacketRing.SNAP_LENGTH)) {
            BpfProgram program = handle.compileFilter(
                    expression, BpfProgram.BpfCompileMode.OPTIMIZE, PcapHandle.PCAP_NETMASK_UNKNOWN);
            try {
                return instructions(program);
            } finally {
                program.free();
            }
        } catch (PcapNativeException | NotOpenException e) {
            throw new IllegalArgumentException("the filter does not compile: " + e.getMessage(), e);
        } catch (LinkageError e) {
            throw new IllegalArgumentException("filters need libpcap; install the package libpcap0.8", e);
        }
    }

    /** pcap4j keeps struct bpf_program { u_int bf_len; struct bpf_insn *bf_insns; } to itself. */
    private static byte[] instructions(BpfProgram program) {
        try {
            Method method = BpfProgram.class.getDeclaredMethod("getProgram");
            method.setAccessible(true);
            Structure struct = (Structure) method.invoke(program);
            Pointer pointer = struct.getPointer();
            return pointer.getPointer(8).getByteArray(0, pointer.getInt(0) * INSTRUCTION_BYTES);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("pcap4j hides its BPF program in another way", e);
        }
    }
}
