/** The whole life of decisions and captures in one thread, from a seed, judged by an oracle: docs/simulation.md. */
@NullMarked
package org.lawtap.deploy.simulation;

import org.jspecify.annotations.NullMarked;
