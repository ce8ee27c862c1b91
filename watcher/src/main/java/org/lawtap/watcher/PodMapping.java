package org.lawtap.watcher;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;

/** The API server's pod object as our record; only what decisions and evidence need is taken over. */
final class PodMapping {
    private PodMapping() {}

    /** Maps one pod. @throws IllegalArgumentException if the object breaks the API's own rules */
    static Pod pod(ClusterId cluster, io.fabric8.kubernetes.api.model.Pod api) {
        var metadata = api.getMetadata();
        PodRef ref = new PodRef(
                cluster,
                new Namespace(metadata.getNamespace()),
                new PodName(metadata.getName()),
                new PodUid(metadata.getUid()));
        Map<String, String> labels = metadata.getLabels() == null ? Map.of() : metadata.getLabels();
        @Nullable String node = api.getSpec() == null ? null : api.getSpec().getNodeName();
        boolean hostNetwork =
                api.getSpec() != null && Boolean.TRUE.equals(api.getSpec().getHostNetwork());
        @Nullable String deletion = metadata.getDeletionTimestamp();
        return new Pod(
                ref,
                labels,
                node == null || node.isEmpty() ? null : new NodeName(node),
                hostNetwork,
                phase(api),
                addresses(api),
                deletion == null ? null : Instant.parse(deletion),
                metadata.getResourceVersion() == null ? "" : metadata.getResourceVersion());
    }

    private static Pod.Phase phase(io.fabric8.kubernetes.api.model.Pod api) {
        @Nullable
        String phase = api.getStatus() == null ? null : api.getStatus().getPhase();
        return switch (phase) {
            case null -> Pod.Phase.PENDING;
            case "Pending" -> Pod.Phase.PENDING;
            case "Running" -> Pod.Phase.RUNNING;
            case "Succeeded" -> Pod.Phase.SUCCEEDED;
            case "Failed" -> Pod.Phase.FAILED;
            default -> Pod.Phase.UNKNOWN;
        };
    }

    private static List<String> addresses(io.fabric8.kubernetes.api.model.Pod api) {
        List<String> addresses = new ArrayList<>();
        if (api.getStatus() != null && api.getStatus().getPodIPs() != null) {
            api.getStatus().getPodIPs().forEach(address -> addresses.add(address.getIp()));
        }
        return addresses;
    }
}
