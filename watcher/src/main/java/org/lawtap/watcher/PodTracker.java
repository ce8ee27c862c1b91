package org.lawtap.watcher;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodUid;

/**
 * What the watcher has said of each pod, and what there is to say next. Whatever the API server repeats, reorders or skips,
 * the events keep three rules: an unchanged pod is not said again; a name that comes back with another UID is GONE, then
 * ADDED; a UID never returns from GONE. Pure: takes observations, returns events.
 */
public final class PodTracker {
    /** UIDs remembered as gone; an older one than that can't reach us by a late watch event any more. */
    private static final int GONE_MAX = 100_000;

    private record NameKey(Namespace namespace, PodName name) {}

    private final ClusterId cluster;
    private final Map<PodUid, Pod> present = new HashMap<>();
    private final Map<NameKey, PodUid> names = new HashMap<>();
    private Set<PodUid> listing = new HashSet<>();
    private final Map<PodUid, Boolean> gone = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<PodUid, Boolean> eldest) {
            return size() > GONE_MAX;
        }
    };

    public PodTracker(ClusterId cluster) {
        this.cluster = cluster;
    }

    /** Takes over what an earlier watcher published. */
    public void restore(PodEvent event) {
        switch (event) {
            case PodEvent.Present restored -> remember(restored.pod());
            case PodEvent.Gone restored -> forget(restored.pod());
            case PodEvent.Listed ignored -> {}
        }
    }

    /** The API server has this pod in this state. */
    public List<PodEvent> seen(Pod pod, PodEvent.Source source, Instant now) {
        PodUid uid = pod.ref().uid();
        if (gone.containsKey(uid)) {
            return List.of();
        }
        List<PodEvent> events = new ArrayList<>();
        Pod namesake = holderOfName(pod);
        if (namesake != null && !namesake.ref().uid().equals(uid)) {
            forget(namesake);
            events.add(new PodEvent.Gone(namesake, source, now));
        }
        Pod known = present.get(uid);
        if (known == null) {
            events.add(new PodEvent.Present(true, pod, source, now));
        } else if (!sameMeaning(known, pod)) {
            events.add(new PodEvent.Present(false, pod, source, now));
        }
        remember(pod);
        return events;
    }

    /** The API server no longer has this pod. */
    public List<PodEvent> vanished(Pod pod, PodEvent.Source source, Instant now) {
        Pod known = present.get(pod.ref().uid());
        if (known == null && gone.containsKey(pod.ref().uid())) {
            return List.of();
        }
        forget(pod);
        return List.of(new PodEvent.Gone(pod, source, now));
    }

    /** The API server no longer has the pod of this UID, in whatever state it was last. */
    List<PodEvent> vanished(PodUid uid, PodEvent.Source source, Instant now) {
        Pod known = present.get(uid);
        return known == null ? List.of() : vanished(known, source, now);
    }

    /** A complete list of the cluster's pods begins; one that was begun before is forgotten. */
    public void beginList() {
        listing = new HashSet<>();
    }

    /** The list has this pod in this state. */
    public List<PodEvent> listed(Pod pod, PodEvent.Source source, Instant now) {
        listing.add(pod.ref().uid());
        return seen(pod, source, now);
    }

    /** The list has a pod of this UID, in a state that can't be read: what is known of it stays. */
    void listed(PodUid uid) {
        listing.add(uid);
    }

    /** The list is complete: what it lacks is gone; the last event is the list mark. */
    public List<PodEvent> endList(PodEvent.Source source, Instant now) {
        List<PodEvent> events = new ArrayList<>();
        for (Pod pod : List.copyOf(present.values())) {
            if (!listing.contains(pod.ref().uid())) {
                events.addAll(vanished(pod, source, now));
            }
        }
        events.add(new PodEvent.Listed(cluster, listing.size(), source, now));
        listing = new HashSet<>();
        return events;
    }

    /** How many pods the cluster has, as far as is known. */
    int pods() {
        return present.size();
    }

    private @Nullable Pod holderOfName(Pod pod) {
        PodUid uid = names.get(nameOf(pod));
        return uid == null ? null : present.get(uid);
    }

    private void remember(Pod pod) {
        present.put(pod.ref().uid(), pod);
        names.put(nameOf(pod), pod.ref().uid());
    }

    private void forget(Pod pod) {
        present.remove(pod.ref().uid());
        names.remove(nameOf(pod), pod.ref().uid());
        gone.put(pod.ref().uid(), true);
    }

    private static NameKey nameOf(Pod pod) {
        return new NameKey(pod.ref().namespace(), pod.ref().name());
    }

    /** Whether nothing differs but the resource version, which every heartbeat of a kubelet moves. */
    private static boolean sameMeaning(Pod one, Pod other) {
        return one.equals(new Pod(
                other.ref(),
                other.labels(),
                other.node(),
                other.hostNetwork(),
                other.phase(),
                other.addresses(),
                other.deletionRequestedAt(),
                one.resourceVersion()));
    }
}
