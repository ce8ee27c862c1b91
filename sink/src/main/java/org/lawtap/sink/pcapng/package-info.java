/** The pcapng format (draft-ietf-opsawg-pcapng): a writer for our profile and a strict reader. */
@NullMarked
package org.lawtap.sink.pcapng;

import org.jspecify.annotations.NullMarked;
