package org.lawtap.sink.pcapng;

import java.util.Map;
import org.lawtap.sink.pcapng.PcapngFindings.BrokenException;

/** The check of a name resolution block: records of an address and its names, each ended by a zero, then options (4.5). */
final class PcapngNames {
    private static final Map<Integer, Integer> ADDRESS_BYTES = Map.of(1, 4, 2, 16, 3, 6, 4, 8);

    private PcapngNames() {}

    static void check(PcapngBlock block, PcapngFindings findings) throws BrokenException {
        int at = 8;
        while (true) {
            long offset = block.offset() + at;
            if (block.end() - at < 4) {
                throw findings.broken(offset, "names without an end");
            }
            int type = block.u16(at);
            int length = block.u16(at + 2);
            long next = at + 4 + PcapngBlock.padded(length);
            if (next > block.end()) {
                throw findings.broken(offset, "a name of " + length + " bytes, longer than its block");
            }
            if (type == 0) {
                PcapngOptions.read(block, (int) next, findings);
                return;
            }
            Integer address = ADDRESS_BYTES.get(type);
            if (address != null && (length < address + 2 || block.bytes().get(at + 4 + length - 1) != 0)) {
                findings.breach(offset, "a name without its zero, at which tshark stops");
            }
            PcapngOptions.zeros(block, at + 4 + length, (int) next, findings);
            at = (int) next;
        }
    }
}
