/** The warrant command line: what authorities and operators type. */
@NullMarked
package org.lawtap.warrants.cli;

import org.jspecify.annotations.NullMarked;
