/** What makes files evidence: signed statements of each file, and the seal of a warrant that is over. */
@NullMarked
package org.lawtap.sink.seal;

import org.jspecify.annotations.NullMarked;
