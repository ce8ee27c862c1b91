package org.lawtap.sink.pcapng;

import java.nio.ByteBuffer;
import org.lawtap.sink.pcapng.PcapngCheck.Capture;

/** What a file must be beyond the format itself; is asked of each block after it was found readable. */
sealed interface PcapngRules {
    /** A section began. @param length as its header says, -1 for unknown */
    void section(PcapngBlock block, long length, PcapngOptions options, PcapngFindings findings);

    /** An interface was described. */
    void described(PcapngBlock block, Capture capture, PcapngOptions options, PcapngFindings findings);

    /** A packet was read from an enhanced packet block. */
    void packet(PcapngBlock block, Capture capture, PcapngOptions options, PcapngFindings findings);

    /** Statistics were read. */
    void statistics(PcapngBlock block, PcapngOptions options, PcapngFindings findings);

    /** A block of another kind. */
    void other(PcapngBlock block, PcapngFindings findings);

    /** None. */
    record Any() implements PcapngRules {
        @Override
        public void section(PcapngBlock block, long length, PcapngOptions options, PcapngFindings findings) {}

        @Override
        public void described(PcapngBlock block, Capture capture, PcapngOptions options, PcapngFindings findings) {}

        @Override
        public void packet(PcapngBlock block, Capture capture, PcapngOptions options, PcapngFindings findings) {}

        @Override
        public void statistics(PcapngBlock block, PcapngOptions options, PcapngFindings findings) {}

        @Override
        public void other(PcapngBlock block, PcapngFindings findings) {}
    }

    /** The profile that {@link PcapngBlocks} writes: each block in one form only. */
    record Ours() implements PcapngRules {
        private static final int NANOSECONDS = 9;

        @Override
        public void section(PcapngBlock block, long length, PcapngOptions options, PcapngFindings findings) {
            if (block.offset() != 0) {
                findings.breach(block.offset(), "profile: a second section");
            }
            if (block.bytes().order() != java.nio.ByteOrder.LITTLE_ENDIAN) {
                findings.breach(block.offset(), "profile: a big-endian section");
            }
            if (block.u16(14) != 0) {
                findings.breach(block.offset() + 14, "profile: a version other than 1.0");
            }
            if (length != -1) {
                findings.breach(block.offset() + 16, "profile: a section that says its length");
            }
            order(block, options, findings, PcapngBlocks.SHB_USERAPPL);
            required(block, options, findings, PcapngBlocks.SHB_USERAPPL);
        }

        @Override
        public void described(PcapngBlock block, Capture capture, PcapngOptions options, PcapngFindings findings) {
            if (block.u16(10) != 0) {
                findings.breach(block.offset() + 10, "profile: reserved bytes that are not zero");
            }
            order(
                    block,
                    options,
                    findings,
                    PcapngBlocks.IF_NAME,
                    PcapngBlocks.IF_DESCRIPTION,
                    PcapngBlocks.IF_MACADDR,
                    PcapngBlocks.IF_TSRESOL,
                    PcapngBlocks.IF_FILTER,
                    PcapngBlocks.IF_OS);
            required(
                    block,
                    options,
                    findings,
                    PcapngBlocks.IF_NAME,
                    PcapngBlocks.IF_DESCRIPTION,
                    PcapngBlocks.IF_TSRESOL,
                    PcapngBlocks.IF_OS);
            PcapngOptions.Option resolution = options.first(PcapngBlocks.IF_TSRESOL);
            if (resolution.length() == 1 && block.bytes().get(resolution.at()) != NANOSECONDS) {
                findings.breach(block.offset() + resolution.at(), "profile: times that are no nanoseconds");
            }
            if (!capture.alike()) {
                findings.breach(block.offset() + 8, "profile: a second link type or snap length");
            }
        }

        @Override
        public void packet(PcapngBlock block, Capture capture, PcapngOptions options, PcapngFindings findings) {
            order(
                    block,
                    options,
                    findings,
                    PcapngBlocks.EPB_FLAGS,
                    PcapngBlocks.EPB_DROPCOUNT,
                    PcapngBlocks.EPB_PACKETID);
            required(block, options, findings, PcapngBlocks.EPB_FLAGS, PcapngBlocks.EPB_PACKETID);
            PcapngOptions.Option dropped = options.first(PcapngBlocks.EPB_DROPCOUNT);
            ByteBuffer bytes = block.bytes();
            if (dropped.length() == 8 && bytes.getLong(dropped.at()) == 0) {
                findings.breach(block.offset() + dropped.at(), "profile: a count of dropped packets that is zero");
            }
        }

        @Override
        public void statistics(PcapngBlock block, PcapngOptions options, PcapngFindings findings) {
            int[] all = {
                PcapngBlocks.ISB_STARTTIME,
                PcapngBlocks.ISB_ENDTIME,
                PcapngBlocks.ISB_IFRECV,
                PcapngBlocks.ISB_FILTERACCEPT,
                PcapngBlocks.ISB_OSDROP,
                PcapngBlocks.ISB_USRDELIV
            };
            order(block, options, findings, all);
            required(block, options, findings, all);
        }

        @Override
        public void other(PcapngBlock block, PcapngFindings findings) {
            findings.breach(block.offset(), "profile: a block of the type 0x" + Integer.toHexString(block.type()));
        }

        private static void order(PcapngBlock block, PcapngOptions options, PcapngFindings findings, int... codes) {
            int place = 0;
            for (PcapngOptions.Option option : options.list()) {
                int found = place;
                while (found < codes.length && codes[found] != option.code()) {
                    found++;
                }
                if (found == codes.length) {
                    findings.breach(
                            block.offset() + option.at() - 4,
                            "profile: option " + option.code() + " where it has no place");
                    return;
                }
                place = found + 1;
            }
        }

        private static void required(PcapngBlock block, PcapngOptions options, PcapngFindings findings, int... codes) {
            for (int code : codes) {
                if (!options.has(code)) {
                    findings.breach(block.offset(), "profile: option " + code + " is missing");
                }
            }
        }
    }
}
