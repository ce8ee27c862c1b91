/** The manners every lawtap process shares: settings, Kafka clients, shutdown. */
@NullMarked
package org.lawtap.schemas.process;

import org.jspecify.annotations.NullMarked;
