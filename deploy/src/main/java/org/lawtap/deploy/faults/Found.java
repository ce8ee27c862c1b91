package org.lawtap.deploy.faults;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.WarrantId;

/**
 * What the system says of its captures: sessions by the log, gaps by custody.
 *
 * @param sessions of all warrants
 * @param gaps the packets that custody states between a session and the one before, by the later one
 * @param told pods of which custody tells anything under a warrant, as WARRANT/POD_UID
 */
record Found(List<Session> sessions, Map<String, Long> gaps, Set<String> told) {
    Found {
        sessions = List.copyOf(sessions);
        gaps = Map.copyOf(gaps);
        told = Set.copyOf(told);
    }

    /**
     * A session.
     *
     * @param previous the session that it goes on from
     * @param sealed packets in the log up to the warrant's seal, all of which belong into the files
     * @param inLog packets in the whole log
     * @param missing packets that a checkpoint says were delivered and the log lacks
     * @param atArm what its interface had counted when it was armed
     * @param last its last checkpoint
     */
    record Session(
            String id,
            WarrantId warrant,
            String interfaceName,
            @Nullable String previous,
            long sealed,
            long inLog,
            long missing,
            long atArm,
            @Nullable Checkpoint last) {
        boolean ended() {
            return last != null && last.endReason() != null;
        }
    }
}
