package org.lawtap.deploy.sandbox;

import java.util.Map;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodUid;

/**
 * A pod that a node is told to run.
 *
 * @param uid as the API server gave it
 * @param mtu of the pod's interface, bytes
 */
public record PodSpec(
        NodeName node, Namespace namespace, PodName name, PodUid uid, Map<String, String> labels, int mtu) {
    /** What a bridge network gives its pods. */
    public static final int MTU_DEFAULT = 1500;

    /** The longest that a veth takes. */
    public static final int MTU_MAX = 65_535;

    private static final int MTU_MIN = 576;

    public PodSpec {
        labels = Map.copyOf(labels);
        if (mtu < MTU_MIN || mtu > MTU_MAX) {
            throw new IllegalArgumentException("an MTU is from " + MTU_MIN + " to " + MTU_MAX + ", not " + mtu);
        }
    }

    /** What all of this pod's payloads carry: who finds it in a capture knows whose packet it is. */
    public String marker() {
        return "marker-" + uid;
    }
}
