package org.lawtap.worker.log;

/**
 * What a worker's records stand at.
 *
 * @param inFlightBytes handed to the producer and not acknowledged
 * @param queuedBytes in memory, as neither Kafka nor the disk had room
 * @param spilledBytes on the disk
 * @param spillFreeBytes that may still go there
 * @param refusals sessions of which a record was not stored, since the worker began
 */
public record LogFigures(long inFlightBytes, long queuedBytes, long spilledBytes, long spillFreeBytes, long refusals) {
    /** Of a log that has not begun. */
    public static final LogFigures NONE = new LogFigures(0, 0, 0, 0, 0);
}
