/** What an operator sees of a running lawtap. */
@NullMarked
package org.lawtap.deploy.operation;

import org.jspecify.annotations.NullMarked;
