package org.lawtap.sink.verify;

import java.util.List;

/**
 * The check of one or more warrants.
 *
 * @param keysBesideEvidence the keys were not given by the one who asks, but found beside the evidence
 */
public record VerifyResult(List<WarrantReport> warrants, TrustedKeys keys, boolean keysBesideEvidence) {
    public VerifyResult {
        warrants = List.copyOf(warrants);
    }

    /** Whether nothing was found in any of them. */
    public boolean ok() {
        return warrants.stream().allMatch(WarrantReport::ok);
    }

    /** OK or FAILED. */
    public String verdict() {
        return verdict(ok());
    }

    static String verdict(boolean ok) {
        return ok ? "OK" : "FAILED";
    }
}
