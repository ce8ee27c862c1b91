/** Warrants and revocations: what is signed, by whom, and how that is checked. */
@NullMarked
package org.lawtap.schemas.order;

import org.jspecify.annotations.NullMarked;
