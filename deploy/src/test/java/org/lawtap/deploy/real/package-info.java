/** Scenes on a real Kubernetes cluster; run only when one is named ({@code ./lawtap test --real-cluster}). */
@NullMarked
package org.lawtap.deploy.real;

import org.jspecify.annotations.NullMarked;
