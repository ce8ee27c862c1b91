/** The keys of encrypted content as they lie with a sink, and their end. docs/decisions/0013 */
@NullMarked
package org.lawtap.sink.retention;

import org.jspecify.annotations.NullMarked;
