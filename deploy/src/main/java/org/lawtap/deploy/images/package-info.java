/**
 * Container images without a container engine: one a service, of a small Java runtime, the C library of this machine and the
 * service's own jars; the same bytes from the same inputs.
 */
@NullMarked
package org.lawtap.deploy.images;

import org.jspecify.annotations.NullMarked;
