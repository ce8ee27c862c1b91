/** What makes the log evidence of itself: hashes of records, trees over them, and signatures over the trees. */
@NullMarked
package org.lawtap.schemas.chain;

import org.jspecify.annotations.NullMarked;
