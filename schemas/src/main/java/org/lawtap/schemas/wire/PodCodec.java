package org.lawtap.schemas.wire;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.avro.PodChangeKind;
import org.lawtap.schemas.avro.PodChangeSource;
import org.lawtap.schemas.avro.PodPhase;
import org.lawtap.schemas.avro.PodRecord;
import org.lawtap.schemas.avro.PodState;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.topics.SchemaId;

/** Values of {@code lawtap.pods}. Times are kept to the microsecond. */
public final class PodCodec {
    private static final Frame<PodRecord> FRAME = new Frame<>(SchemaId.PODS, PodRecord.class);

    private PodCodec() {}

    public static byte[] encode(PodEvent event) {
        PodRecord avro = new PodRecord();
        avro.setCluster(event.cluster().value());
        avro.setObservedAt(micros(event.observedAt()));
        switch (event) {
            case PodEvent.Present present -> {
                avro.setChange(present.added() ? PodChangeKind.ADDED : PodChangeKind.UPDATED);
                avro.setSource(source(present.source()));
                avro.setPod(state(present.pod()));
            }
            case PodEvent.Gone gone -> {
                avro.setChange(PodChangeKind.GONE);
                avro.setSource(source(gone.source()));
                avro.setPod(state(gone.pod()));
            }
            case PodEvent.Listed listed -> {
                avro.setChange(PodChangeKind.LISTED);
                avro.setSource(source(listed.source()));
                avro.setListed(listed.pods());
            }
        }
        return FRAME.encode(avro);
    }

    public static PodEvent decode(byte @Nullable [] value) throws WireException {
        PodRecord avro = FRAME.decode(value);
        try {
            ClusterId cluster = new ClusterId(avro.getCluster());
            PodEvent.Source source = PodEvent.Source.valueOf(avro.getSource().name());
            return switch (avro.getChange()) {
                case ADDED -> new PodEvent.Present(true, pod(cluster, avro), source, avro.getObservedAt());
                case UPDATED -> new PodEvent.Present(false, pod(cluster, avro), source, avro.getObservedAt());
                case GONE -> new PodEvent.Gone(pod(cluster, avro), source, avro.getObservedAt());
                case LISTED -> new PodEvent.Listed(cluster, listed(avro), source, avro.getObservedAt());
            };
        } catch (IllegalArgumentException e) {
            throw new WireException("pod event: " + e.getMessage(), e);
        }
    }

    private static PodState state(Pod pod) {
        PodState state = new PodState();
        state.setUid(pod.ref().uid().value());
        state.setNamespace(pod.ref().namespace().value());
        state.setName(pod.ref().name().value());
        state.setLabels(pod.labels());
        NodeName node = pod.node();
        if (node != null) {
            state.setNode(node.value());
        }
        state.setHostNetwork(pod.hostNetwork());
        state.setPhase(PodPhase.valueOf(pod.phase().name()));
        state.setAddresses(pod.addresses());
        Instant deletion = pod.deletionRequestedAt();
        if (deletion != null) {
            state.setDeletionRequestedAt(micros(deletion));
        }
        state.setResourceVersion(pod.resourceVersion());
        return state;
    }

    private static Pod pod(ClusterId cluster, PodRecord avro) {
        PodState state = avro.getPod();
        if (state == null) {
            throw new IllegalArgumentException(avro.getChange() + " without a pod");
        }
        @Nullable String node = state.getNode();
        return new Pod(
                new PodRef(
                        cluster,
                        new Namespace(state.getNamespace()),
                        new PodName(state.getName()),
                        new PodUid(state.getUid())),
                state.getLabels(),
                node == null ? null : new NodeName(node),
                state.getHostNetwork(),
                Pod.Phase.valueOf(state.getPhase().name()),
                state.getAddresses(),
                state.getDeletionRequestedAt(),
                state.getResourceVersion());
    }

    private static long listed(PodRecord avro) {
        Long pods = avro.getListed();
        if (pods == null) {
            throw new IllegalArgumentException("LISTED without a number of pods");
        }
        return pods;
    }

    private static PodChangeSource source(PodEvent.Source source) {
        return PodChangeSource.valueOf(source.name());
    }

    private static Instant micros(Instant time) {
        return time.truncatedTo(ChronoUnit.MICROS);
    }
}
