/** The decision itself: pure values in, pure values out. */
@NullMarked
package org.lawtap.warrants.decision;

import org.jspecify.annotations.NullMarked;
