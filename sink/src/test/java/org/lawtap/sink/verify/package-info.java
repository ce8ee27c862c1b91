/** What others check evidence with: the verifier in Python and the commands by hand, run as they are. */
@NullMarked
package org.lawtap.sink.verify;

import org.jspecify.annotations.NullMarked;
