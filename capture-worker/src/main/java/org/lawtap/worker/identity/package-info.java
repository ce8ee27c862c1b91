/** From a pod's UID to its host-side interface, with proof. */
@NullMarked
package org.lawtap.worker.identity;

import org.jspecify.annotations.NullMarked;
