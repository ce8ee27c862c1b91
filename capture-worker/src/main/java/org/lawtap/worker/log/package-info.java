/** The way of the records to Kafka, and over the disk while Kafka is away. */
@NullMarked
package org.lawtap.worker.log;

import org.jspecify.annotations.NullMarked;
