package org.lawtap.worker.session;

/**
 * The limits of a session.
 *
 * @param batchBytes packet bytes after which a batch is sent
 * @param batchDelayMs milliseconds after which a batch is sent, however small
 * @param checkpointIntervalMs milliseconds between checkpoints of a session that captures
 */
public record SessionLimits(int batchBytes, int batchDelayMs, int checkpointIntervalMs) {}
