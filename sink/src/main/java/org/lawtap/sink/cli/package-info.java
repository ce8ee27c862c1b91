/** The commands about evidence. */
@NullMarked
package org.lawtap.sink.cli;

import org.jspecify.annotations.NullMarked;
