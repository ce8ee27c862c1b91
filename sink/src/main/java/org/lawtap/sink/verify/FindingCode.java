package org.lawtap.sink.verify;

/** What can be wrong with evidence; any finding makes the verdict FAILED. The codes are those of docs/evidence.md. */
public enum FindingCode {
    SEAL_MISSING,
    SEAL_INVALID,
    CMS_INVALID,
    TIMESTAMP_INVALID,
    FILE_MISSING,
    FILE_ADDED,
    FILE_CHANGED,
    STATEMENT_INVALID,
    DESTRUCTION_INVALID,
    ORDER_INVALID,
    FORM,
    RECORD_CHANGED,
    RECORD_REPEATED,
    CHAIN_BROKEN,
    CHECKPOINT_INVALID,
    KEY_UNKNOWN,
    SEQUENCE,
    OUTSIDE_WARRANT,
    ACCOUNT_WRONG
}
