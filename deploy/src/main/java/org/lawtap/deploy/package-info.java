/** How lawtap runs: the command line that stands for all of it. */
@NullMarked
package org.lawtap.deploy;

import org.jspecify.annotations.NullMarked;
