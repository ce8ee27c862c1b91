package org.lawtap.deploy.bench;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;

/**
 * One state of one pod of the load, from which everything else of it follows: a cluster of 150,000 is an array of these.
 *
 * @param slot the place in the cluster that this pod fills; its replacement fills the same one
 * @param life how many pods filled the slot before this one
 * @param node index of the node; meaningless while pending
 * @param labelMark value of the label that changes
 * @param statusMark what changes in the status and means nothing to lawtap
 */
record LoadPod(int slot, int life, long resourceVersion, Stage stage, int node, int labelMark, int statusMark) {
    /** The label that a label change changes. */
    static final String MARK_LABEL = "lawtap.org/mark";

    private static final int NAMESPACES = 200;
    private static final int PODS_PER_APPLICATION = 30;
    private static final int HOST_NETWORK_EVERY = 50;
    private static final String NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789";
    private static final Instant EPOCH = Instant.parse("2026-03-01T08:00:00Z");

    /** Where a pod is in its life. */
    enum Stage {
        /** Not scheduled. */
        CREATED,
        /** Has a node, and no address yet. */
        SCHEDULED,
        RUNNING,
        /** Asked to go. */
        TERMINATING
    }

    String namespace() {
        return "team-%03d".formatted(application() % NAMESPACES);
    }

    String applicationName() {
        return "app-%05d".formatted(application());
    }

    String templateHash() {
        return letters(mix(application() * 31L + 7), 10);
    }

    String name() {
        return applicationName() + "-" + templateHash() + "-" + letters(mix(slot * 1_000_003L + life), 5);
    }

    /** Of the pod's life, not of its state. */
    String uid() {
        return uuid(slot * 2_654_435_761L + life).toString();
    }

    String ownerUid() {
        return uuid(-1L - application()).toString();
    }

    String nodeName() {
        return "node-%05d".formatted(node);
    }

    boolean scheduled() {
        return stage != Stage.CREATED;
    }

    boolean addressed() {
        return stage == Stage.RUNNING || stage == Stage.TERMINATING;
    }

    boolean hostNetwork() {
        return slot % HOST_NETWORK_EVERY == 0;
    }

    String nodeAddress() {
        return "10.%d.%d.%d".formatted(128 + (node >> 16), (node >> 8) & 255, node & 255);
    }

    /** Unique to the life, as far as 24 bits go. */
    String address() {
        long bits = mix(slot * 48_271L + life);
        return hostNetwork()
                ? nodeAddress()
                : "10.%d.%d.%d".formatted((bits >> 16) & 127, (bits >> 8) & 255, bits & 255);
    }

    Instant createdAt() {
        return EPOCH.plusSeconds(slot % 86_400L + life * 600L);
    }

    Instant deletionAt() {
        return createdAt().plusSeconds(630);
    }

    Map<String, String> labels() {
        Map<String, String> labels = new HashMap<>();
        labels.put("app.kubernetes.io/name", applicationName());
        labels.put("app.kubernetes.io/part-of", namespace());
        labels.put("app.kubernetes.io/version", "1.27.3");
        labels.put("pod-template-hash", templateHash());
        labels.put(MARK_LABEL, Integer.toString(labelMark));
        return labels;
    }

    /** What the watcher is to make of it. */
    Pod expected(ClusterId cluster) {
        @Nullable NodeName at = scheduled() ? new NodeName(nodeName()) : null;
        return new Pod(
                new PodRef(cluster, new Namespace(namespace()), new PodName(name()), new PodUid(uid())),
                labels(),
                at,
                hostNetwork(),
                addressed() ? Pod.Phase.RUNNING : Pod.Phase.PENDING,
                addressed() ? List.of(address()) : List.of(),
                stage == Stage.TERMINATING ? deletionAt() : null,
                Long.toString(resourceVersion));
    }

    private int application() {
        return slot / PODS_PER_APPLICATION;
    }

    private static String letters(long bits, int count) {
        StringBuilder text = new StringBuilder(count);
        long left = bits & Long.MAX_VALUE;
        for (int i = 0; i < count; i++) {
            text.append(NAME_LETTERS.charAt((int) (left % NAME_LETTERS.length())));
            left /= NAME_LETTERS.length();
        }
        return text.toString();
    }

    /** A version 4 UUID (RFC 9562) that a number stands for. */
    private static UUID uuid(long number) {
        return new UUID((mix(number) & ~0xF000L) | 0x4000L, (mix(~number) & (-1L >>> 2)) | Long.MIN_VALUE);
    }

    /** The finaliser of SplitMix64: neighbours in, strangers out, no two the same. */
    private static long mix(long number) {
        long z = number + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
