/** The Kafka Streams topology around the decision. */
@NullMarked
package org.lawtap.warrants.topology;

import org.jspecify.annotations.NullMarked;
