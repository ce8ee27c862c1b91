package org.lawtap.sink.pcapng;

import java.util.ArrayList;
import java.util.List;
import org.lawtap.sink.pcapng.PcapngReport.Finding;
import org.lawtap.sink.pcapng.PcapngReport.Kind;

/** Collects findings while a file is read. Owned by one thread. */
final class PcapngFindings {
    static final int FINDINGS_MAX = 1000;

    private final List<Finding> findings = new ArrayList<>();

    /** Ends the reading of a file. */
    static final class BrokenException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    void breach(long offset, String text) {
        add(Kind.BREACH, offset, text);
    }

    void remark(long offset, String text) {
        add(Kind.REMARK, offset, text);
    }

    /** Says why the file can't be read on; the caller throws what it gets. */
    BrokenException broken(long offset, String text) {
        if (findings.size() == FINDINGS_MAX) {
            findings.removeLast();
        }
        add(Kind.BROKEN, offset, text);
        return new BrokenException();
    }

    List<Finding> all() {
        return findings;
    }

    private void add(Kind kind, long offset, String text) {
        if (findings.size() < FINDINGS_MAX) {
            findings.add(new Finding(kind, offset, text));
        }
    }
}
