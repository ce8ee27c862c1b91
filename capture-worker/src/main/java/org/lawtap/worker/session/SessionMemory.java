package org.lawtap.worker.session;

import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;

/**
 * Which session of a warrant, pod and device of the pod was the last one here, also over restarts and crashes of the worker.
 * Owned by one thread.
 */
public interface SessionMemory {
    /** The last session, or null if none is remembered. @param device the interface's name inside the pod */
    @Nullable
    SessionId last(WarrantId warrant, PodUid pod, String device);

    /** From now on this is the last one. Never throws: a memory that can't be kept costs a link between sessions, not a capture. */
    void remember(WarrantId warrant, PodUid pod, String device, SessionId session);
}
