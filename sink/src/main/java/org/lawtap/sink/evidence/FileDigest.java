package org.lawtap.sink.evidence;

/**
 * A complete file's size and hash.
 *
 * @param name inside the warrant's directory
 * @param sha256 lower-case hex; empty for a file that was rebuilt, which nobody states
 */
public record FileDigest(String name, long bytes, String sha256) {}
