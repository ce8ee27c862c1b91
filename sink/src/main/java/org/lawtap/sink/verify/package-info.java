/** The offline check of a warrant's evidence, and the explanation of one packet: docs/evidence.md, with public keys only. */
@NullMarked
package org.lawtap.sink.verify;

import org.jspecify.annotations.NullMarked;
