/** Decides who is intercepted: signed warrants joined with pods become commands. Reads no cluster, touches no packet. */
@NullMarked
package org.lawtap.warrants;

import org.jspecify.annotations.NullMarked;
