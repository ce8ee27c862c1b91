package org.lawtap.worker.log;

/** Where a record stands in a spill. */
record Place(SpillFile file, long offset, int index) {}
