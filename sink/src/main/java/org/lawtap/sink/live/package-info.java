/** A warrant's packets for whoever looks on: nothing here is evidence, and every look is told in custody. */
@NullMarked
package org.lawtap.sink.live;

import org.jspecify.annotations.NullMarked;
