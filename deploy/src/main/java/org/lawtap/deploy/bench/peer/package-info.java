/**
 * The processes that lawtap is compared with or measured by, each with a main of its own, and the kernel's clock of what a process
 * costs. The one room of the benchmarks that touches packets.
 */
@NullMarked
package org.lawtap.deploy.bench.peer;

import org.jspecify.annotations.NullMarked;
