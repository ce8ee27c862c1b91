package org.lawtap.worker.session;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;

/** A memory of sessions in memory. */
final class Remembered implements SessionMemory {
    private final Map<String, SessionId> sessions = new HashMap<>();

    @Override
    public @Nullable SessionId last(WarrantId warrant, PodUid pod, String device) {
        return sessions.get(warrant + " " + pod + " " + device);
    }

    @Override
    public void remember(WarrantId warrant, PodUid pod, String device, SessionId session) {
        sessions.put(warrant + " " + pod + " " + device, session);
    }
}
