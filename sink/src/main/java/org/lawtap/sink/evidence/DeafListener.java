package org.lawtap.sink.evidence;

import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.SessionId;

/** For whoever wants the files, or the stream, and nothing said of them. */
public final class DeafListener implements EvidenceSeries.Listener {
    @Override
    public void filed(SessionId session, String file, long packets, long missing, Checkpoint last) {}

    @Override
    public void continued(SessionId session, SessionId previous, long notFiled, boolean sameInterface) {}

    @Override
    public void refused(@Nullable SessionId session, long offset, Refusal why) {}

    @Override
    public void integrity(SessionId session, long from, long to, String problem) {}

    @Override
    public void complete(EvidenceSeries.FilePair files) {}
}
