/** What lawtap costs, measured by one command: a large cluster made of numbers, and the real processes beside it. */
@NullMarked
package org.lawtap.deploy.bench;

import org.jspecify.annotations.NullMarked;
