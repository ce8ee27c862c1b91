/** The Kafka that integration tests run on: in a container where there is a Docker engine, in their own JVM elsewhere. */
@NullMarked
package org.lawtap.deploy.broker;

import org.jspecify.annotations.NullMarked;
