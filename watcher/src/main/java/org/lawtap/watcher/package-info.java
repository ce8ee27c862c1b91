/** Reads the cluster: every change of every pod becomes one record of {@code lawtap.pods}. Knows nothing of warrants. */
@NullMarked
package org.lawtap.watcher;

import org.jspecify.annotations.NullMarked;
