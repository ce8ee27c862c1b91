/** Turns packet topics into evidence: one pcapng series per warrant, a pure function of the log. */
@NullMarked
package org.lawtap.sink;

import org.jspecify.annotations.NullMarked;
