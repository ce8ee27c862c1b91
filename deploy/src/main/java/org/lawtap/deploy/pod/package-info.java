/**
 * The process of a sandbox pod, its parent's handle on it, and the capture files that it replays. {@link
 * org.lawtap.deploy.pod.PodAgent} and all that it calls use the JDK alone: its class path is one directory or jar.
 */
@NullMarked
package org.lawtap.deploy.pod;

import org.jspecify.annotations.NullMarked;
