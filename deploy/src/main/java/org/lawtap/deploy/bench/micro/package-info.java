/**
 * The hot pieces of capturing one by one, as JMH sees them: classes that JMH subclasses, with public methods that it calls. Run by
 * {@code lawtap bench micro}.
 */
@NullMarked
package org.lawtap.deploy.bench.micro;

import org.jspecify.annotations.NullMarked;
