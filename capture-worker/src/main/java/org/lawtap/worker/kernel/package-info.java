/** The Linux kernel's interfaces that a capture needs: packet sockets and rtnetlink. */
@NullMarked
package org.lawtap.worker.kernel;

import org.jspecify.annotations.NullMarked;
