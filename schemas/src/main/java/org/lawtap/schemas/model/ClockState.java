package org.lawtap.schemas.model;

/**
 * A node's clock as its kernel tells it.
 *
 * @param source clock source of the kernel, such as {@code tsc}; empty if the clock can't be asked
 * @param synchronised whether something on the node keeps it to UTC
 * @param maxErrorNs the kernel's bound of its difference to UTC; says something only if {@code synchronised}
 */
public record ClockState(String source, boolean synchronised, long maxErrorNs) {
    /** The clock can't be asked. */
    public static final ClockState UNKNOWN = new ClockState("", false, 0);
}
