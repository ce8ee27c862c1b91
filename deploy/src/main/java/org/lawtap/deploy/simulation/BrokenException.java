package org.lawtap.deploy.simulation;

/** An invariant that does not hold. */
final class BrokenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Invariant invariant;

    BrokenException(Invariant invariant, String how) {
        super(how);
        this.invariant = invariant;
    }

    Invariant invariant() {
        return invariant;
    }
}
