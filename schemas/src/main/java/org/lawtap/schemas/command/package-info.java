/** Commands to the capture-workers: the desired state of captures on a node. */
@NullMarked
package org.lawtap.schemas.command;

import org.jspecify.annotations.NullMarked;
