/** A nemesis run: the whole system on three brokers, beset by faults from a seed, and a checker that looks for what was lost without a trace. */
@NullMarked
package org.lawtap.deploy.faults;

import org.jspecify.annotations.NullMarked;
