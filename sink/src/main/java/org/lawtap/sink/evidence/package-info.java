/** The evidence of one warrant: which blocks follow from which records, and the files they go to. */
@NullMarked
package org.lawtap.sink.evidence;

import org.jspecify.annotations.NullMarked;
