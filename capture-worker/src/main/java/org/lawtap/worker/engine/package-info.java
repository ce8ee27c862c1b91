/** Where packets come from: the ring, or libpcap through pcap4j. */
@NullMarked
package org.lawtap.worker.engine;

import org.jspecify.annotations.NullMarked;
