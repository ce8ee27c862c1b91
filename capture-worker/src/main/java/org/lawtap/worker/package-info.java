/** Captures at the pods' own interfaces on one node, as commanded and only under a warrant that it verified itself. */
@NullMarked
package org.lawtap.worker;

import org.jspecify.annotations.NullMarked;
