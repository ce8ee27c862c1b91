package org.lawtap.sink.pcapng;

import java.util.List;
import java.util.Locale;

/**
 * What {@link PcapngCheck} found in a file.
 *
 * @param packets blocks that carry a packet, up to where the file can be read
 * @param others blocks that are none of the four kinds before: names, secrets, custom and unknown ones
 * @param readTo bytes up to which the file can be read
 * @param findings in the order of the file; at most {@value PcapngFindings#FINDINGS_MAX}
 */
public record PcapngReport(
        int sections,
        int interfaces,
        long packets,
        long statistics,
        long others,
        long readTo,
        List<PcapngReport.Finding> findings) {
    public PcapngReport {
        findings = List.copyOf(findings);
    }

    /** How bad a finding is, the worst first. */
    public enum Kind {
        /** The file can't be read from here on: lengths contradict each other, or nobody knows whose or when a packet was. */
        BROKEN,
        /** It breaks a rule of the format, or of our profile where that was asked for; it can be read all the same. */
        BREACH,
        /** The format allows it, and some reader refuses or misreads it. */
        REMARK
    }

    /** Something at a byte of the file. */
    public record Finding(Kind kind, long offset, String text) {
        @Override
        public String toString() {
            return "byte " + offset + " (" + kind.name().toLowerCase(Locale.ROOT) + "): " + text;
        }
    }

    /** The worst there is. */
    public enum Verdict {
        /** A valid file; remarks may tell who won't read it. */
        ACCEPTED,
        /** Readable, and not as it should be. */
        FLAGGED,
        /** Not readable, or not to its end. */
        REJECTED
    }

    /** The verdict that follows from the findings. */
    public Verdict verdict() {
        if (findings.stream().anyMatch(finding -> finding.kind() == Kind.BROKEN)) {
            return Verdict.REJECTED;
        }
        return findings.stream().anyMatch(finding -> finding.kind() == Kind.BREACH)
                ? Verdict.FLAGGED
                : Verdict.ACCEPTED;
    }
}
