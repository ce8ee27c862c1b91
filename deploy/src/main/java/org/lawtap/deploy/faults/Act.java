package org.lawtap.deploy.faults;

/** Something that people and controllers do while the faults go on. @param pod which of the pods that come and go; 0 for other acts */
record Act(long atMs, Kind kind, int pod) {
    /** What is done. */
    enum Kind {
        /** A third warrant comes, about the pods of the first. */
        ACTIVATE,
        /** The first warrant is amended. */
        AMEND,
        /** The second warrant is revoked. */
        REVOKE,
        /** A pod of the first warrant's target comes. */
        POD_COMES,
        POD_GOES
    }
}
