package org.lawtap.schemas.model;

import org.jspecify.annotations.Nullable;

/**
 * How a checkpoint holds on to the records of its session before it. A leaf is SHA-256(0x00 || exact Kafka value), as in RFC 9162.
 *
 * @param records records of the session before this checkpoint, its opening included
 * @param root Merkle root (RFC 9162, section 2.1.1) over the leaves of the records since the previous checkpoint
 * @param previous leaf of the previous checkpoint; null in the first
 */
public record Chain(long records, Sha256 root, @Nullable Sha256 previous) {}
