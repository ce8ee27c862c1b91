/** What the node is told to do: the command log read, checked again, and folded into desired state. */
@NullMarked
package org.lawtap.worker.command;

import org.jspecify.annotations.NullMarked;
