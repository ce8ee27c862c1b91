/** A cluster on one machine: nodes and pods are network namespaces, with a real Kafka and a stand-in for the API server. */
@NullMarked
package org.lawtap.deploy.sandbox;

import org.jspecify.annotations.NullMarked;
