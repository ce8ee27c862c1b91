/** The schemas of the topics, in a schema registry under their pinned numbers; for those who read topics with tools that ask one. */
@NullMarked
package org.lawtap.deploy.registry;

import org.jspecify.annotations.NullMarked;
