package org.lawtap.warrants.decision;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Pod;

/** The decision as a function: {@link Decision#decide} is the one; a simulation puts a broken one in its place. */
@FunctionalInterface
public interface Core {
    /** As {@link Decision#decide}. */
    List<Step> decide(
            @Nullable Pod pod, Collection<RunningCapture> running, Collection<Standing> warrants, Instant now);
}
