/** The codecs: our records to Kafka values and back; generated Avro classes end here. */
@NullMarked
package org.lawtap.schemas.wire;

import org.jspecify.annotations.NullMarked;
