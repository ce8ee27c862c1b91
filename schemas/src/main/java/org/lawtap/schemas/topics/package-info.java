/** The topic catalogue: names, keys, partitions and how long each is kept. */
@NullMarked
package org.lawtap.schemas.topics;

import org.jspecify.annotations.NullMarked;
