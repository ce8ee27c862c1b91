/** One capture session: from arm to its final account. */
@NullMarked
package org.lawtap.worker.session;

import org.jspecify.annotations.NullMarked;
