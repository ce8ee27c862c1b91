/** The files of a warrant made anew from its log, and its packets in the order of time. */
@NullMarked
package org.lawtap.sink.rebuild;

import org.jspecify.annotations.NullMarked;
