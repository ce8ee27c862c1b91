package org.lawtap.schemas.model;

/** Why a capture or a session ended. */
public enum StopReason {
    /** notAfter was reached. */
    WARRANT_ENDED,
    /** The authority revoked the warrant. */
    WARRANT_REVOKED,
    /** A newer generation of the warrant took its place. */
    WARRANT_AMENDED,
    /** The API server no longer has the pod's UID. */
    POD_GONE,
    /** The pod's containers have ended for good. */
    POD_ENDED,
    /** The pod's labels no longer match the target. */
    POD_LEFT_TARGET,
    /** The pod is assigned to another node. */
    POD_MOVED,
    /** The control plane did not renew the capture in time. */
    LEASE_LOST,
    /** The interface was removed. */
    INTERFACE_REMOVED,
    /** The interface no longer leads to the proven pod. */
    IDENTITY_LOST,
    /** The worker was told to end. */
    WORKER_SHUTDOWN,
    /** The capture failed; custody says how. */
    ERROR
}
