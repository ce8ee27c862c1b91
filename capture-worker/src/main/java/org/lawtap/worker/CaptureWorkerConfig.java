package org.lawtap.worker;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.process.KafkaOverride;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StatusPage;
import org.lawtap.worker.engine.Engine;
import org.lawtap.worker.kernel.PacketRing;
import org.lawtap.worker.session.SessionLimits;

/**
 * The settings of a capture-worker.
 *
 * @param override with what it starts although Kafka is not safe
 * @param demoKeysAllowed sandbox only
 * @param leaseMax the longest lease that it grants
 * @param ringBytes kernel buffer of each session, at most
 * @param allRingsBytes of all sessions together, about
 * @param inFlightBytes bytes on their way to Kafka, over all warrants; a warrant may have more while it has less than is free
 * @param spillBytes bytes that wait on the disk while Kafka takes too little, over all warrants; 0: none
 * @param spillWarrantBytes of them, of one warrant
 * @param proc the host's /proc
 * @param cgroups where the host's cgroups are mounted
 * @param stateDir where a restarted worker finds which sessions were the last ones
 * @param spillDir where records wait
 * @param nodeKey PEM file of the node's Ed25519 key; empty for one in the state directory
 * @param http where health and metrics are served; null: nowhere
 */
public record CaptureWorkerConfig(
        KafkaSettings kafka,
        KafkaOverride override,
        ClusterId cluster,
        NodeName node,
        Path trustList,
        boolean demoKeysAllowed,
        Duration leaseMax,
        Engine.Kind engine,
        long ringBytes,
        long allRingsBytes,
        SessionLimits limits,
        long inFlightBytes,
        long spillBytes,
        long spillWarrantBytes,
        Path proc,
        Path cgroups,
        Path stateDir,
        Path spillDir,
        String nodeKey,
        @Nullable InetSocketAddress http) {
    private static final long MIB = 1 << 20;

    /** Declares and reads the settings; {@link Settings#check} tells the mistakes. */
    public static CaptureWorkerConfig declare(Settings settings) {
        Path stateDir = settings.path(
                "LAWTAP_STATE_DIR",
                "/var/lib/lawtap/capture-worker",
                "Directory that outlives the worker; a new session finds there which one it goes on from" + " key");
        String spillDir = settings.text(
                "LAWTAP_SPILL_DIR",
                "",
                "Directory that outlives the worker, where encrypted records wait while Kafka takes too little; none:"
                        + " LAWTAP_STATE_DIR/spill");
        return new CaptureWorkerConfig(
                KafkaSettings.declare(settings),
                KafkaOverride.declare(settings),
                settings.required(
                        "LAWTAP_CLUSTER",
                        "Name of this cluster, as warrants name it",
                        new ClusterId("unset"),
                        ClusterId::new),
                settings.required(
                        "LAWTAP_NODE_NAME",
                        "Name of this node, as Kubernetes names it",
                        new NodeName("unset"),
                        NodeName::new),
                settings.path("LAWTAP_TRUST_LIST", "JSON file of the approvers whose signatures count"),
                settings.flag("LAWTAP_DEMO_KEYS_ALLOWED", false, "Accept keys marked as demo; for the sandbox only"),
                Duration.ofSeconds(settings.number(
                        "LAWTAP_LEASE_SECONDS_MAX",
                        300,
                        3,
                        3600,
                        "Seconds after which a capture ends unless the deciding service is heard again, however long a lease it"
                                + " names")),
                settings.choice(
                        "LAWTAP_CAPTURE_ENGINE",
                        Engine.Kind.RING,
                        Engine.Kind.class,
                        "ring: AF_PACKET with TPACKET_V3; pcap4j: libpcap"),
                settings.number(
                        "LAWTAP_CAPTURE_RING_BYTES",
                        32 * MIB,
                        PacketRing.RING_BYTES_MIN,
                        1024 * MIB,
                        "Kernel buffer of each session, bytes, at most"),
                allRings(settings.number(
                        "LAWTAP_CAPTURE_ALL_RINGS_BYTES",
                        0,
                        0,
                        1024 * 1024 * MIB,
                        "Kernel buffers of all sessions together: as they fill this up, further ones get smaller, down to"
                                + " 2 MiB; 0 is a sixteenth of the machine's memory, at least 256 MiB")),
                new SessionLimits(
                        Math.toIntExact(settings.number(
                                "LAWTAP_CAPTURE_BATCH_BYTES",
                                256 * 1024,
                                1024,
                                MIB,
                                "Packet bytes after which a batch is sent")),
                        Math.toIntExact(settings.number(
                                "LAWTAP_CAPTURE_BATCH_DELAY_MS",
                                50,
                                1,
                                10_000,
                                "Milliseconds after which a batch is sent")),
                        Math.toIntExact(settings.number(
                                "LAWTAP_CHECKPOINT_INTERVAL_MS",
                                1000,
                                10,
                                60_000,
                                "Milliseconds between checkpoints"))),
                settings.number(
                        "LAWTAP_IN_FLIGHT_BYTES",
                        64 * MIB,
                        4 * MIB,
                        4096 * MIB,
                        "Bytes on their way to Kafka, of all warrants; one has at most as much as it leaves free, and spills"
                                + " the rest"),
                settings.number(
                        "LAWTAP_SPILL_BYTES",
                        1024 * MIB,
                        0,
                        1024 * 1024 * MIB,
                        "Bytes that may wait on the disk, of all warrants; one has at most as much as it leaves free. When"
                                + " they are reached, packets wait in the rings. 0: nothing is spilled"),
                settings.number(
                        "LAWTAP_SPILL_WARRANT_BYTES",
                        256 * MIB,
                        MIB,
                        1024 * 1024 * MIB,
                        "Bytes of one warrant that may wait on the disk"),
                settings.path("LAWTAP_PROC_ROOT", "/proc", "The host's /proc"),
                settings.path("LAWTAP_CGROUP_ROOT", "/sys/fs/cgroup", "Where the host's cgroups are mounted"),
                stateDir,
                spillDir.isEmpty() ? stateDir.resolve("spill") : Path.of(spillDir),
                settings.text(
                        "LAWTAP_NODE_KEY",
                        "",
                        "NAME.key.pem, the node's Ed25519 private key, which seals checkpoints; NAME.pub.pem lies beside it."
                                + " Without it node.key.pem in LAWTAP_STATE_DIR, made if there is none"),
                StatusPage.declare(settings, "127.0.0.1:9442").orElse(null));
    }

    private static long allRings(long set) {
        if (set > 0) {
            return set;
        }
        long memory = ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine
                ? machine.getTotalMemorySize()
                : 0;
        return Math.max(256 * MIB, memory / 16);
    }
}
