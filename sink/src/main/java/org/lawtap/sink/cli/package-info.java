/** The sink's command line: what one does with evidence that lies there. */
@NullMarked
package org.lawtap.sink.cli;

import org.jspecify.annotations.NullMarked;
