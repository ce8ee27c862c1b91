/** The demo: the paper's scene on real interfaces, from a signed warrant to checked evidence. */
@NullMarked
package org.lawtap.deploy.demo;

import org.jspecify.annotations.NullMarked;
