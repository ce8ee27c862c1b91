package org.lawtap.sink.rebuild;

import org.jspecify.annotations.Nullable;

/** A record as the log holds it. @param value not copied, read-only by agreement */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record LogRecord(long offset, byte @Nullable [] value) {}
