package org.lawtap.warrants.decision;

import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.StopReason;

/** One thing to do about a pod. */
public sealed interface Step {
    /** Begin to capture the pod under this warrant on this node. */
    record Start(Standing standing, NodeName node) implements Step {}

    /** End this capture. */
    record Stop(RunningCapture capture, StopReason reason) implements Step {}
}
