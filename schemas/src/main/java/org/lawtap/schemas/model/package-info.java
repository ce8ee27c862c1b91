/** The domain: ids, pods, commands, packets, checkpoints and custody events, as values. */
@NullMarked
package org.lawtap.schemas.model;

import org.jspecify.annotations.NullMarked;
