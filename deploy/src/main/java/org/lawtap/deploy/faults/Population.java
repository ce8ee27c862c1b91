package org.lawtap.deploy.faults;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lawtap.deploy.pod.PodCounters;
import org.lawtap.deploy.pod.PodException;
import org.lawtap.deploy.sandbox.PodSpec;
import org.lawtap.deploy.sandbox.SandboxCluster;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.deploy.sandbox.SandboxPod;
import org.lawtap.deploy.sandbox.StandInApiServer;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.WarrantId;

/** The pods, who sends to whom, and what they sent: the truth about traffic. Safe for many threads. */
final class Population {
    static final String LABEL = "app";

    private static final int FRAMES_PER_SECOND = 100;

    private final SandboxCluster cluster;
    private final StandInApiServer api;
    private final NodeName node;
    private final Map<String, Living> living = new LinkedHashMap<>();
    private final List<Past> past = new ArrayList<>();

    private static final class Living {
        final SandboxPod pod;
        final String application;
        final Instant began = Instant.now();
        final Map<Truth.Way, Long> passed = new HashMap<>();
        final Set<String> peers = new HashSet<>();

        Living(SandboxPod pod, String application) {
            this.pod = pod;
            this.application = application;
        }
    }

    private record Past(Living life, long counted, Instant ended) {}

    Population(SandboxCluster cluster, StandInApiServer api, NodeName node) {
        this.cluster = cluster;
        this.api = api;
        this.node = node;
    }

    /** A new pod of an application that exchanges numbered frames with another one. @param peer a living pod's name, or none */
    synchronized void come(String name, String application, String peer) throws SandboxException, PodException {
        Map<String, String> labels = Map.of(LABEL, application);
        PodName podName = new PodName(name);
        PodUid uid = api.createPod(Authority.NAMESPACE, podName, labels);
        api.bindPod(Authority.NAMESPACE, podName, node);
        SandboxPod pod =
                cluster.addPod(new PodSpec(node, Authority.NAMESPACE, podName, uid, labels, PodSpec.MTU_DEFAULT));
        api.updateStatus(Authority.NAMESPACE, podName, Pod.Phase.RUNNING, pod.address());
        Living life = new Living(pod, application);
        living.put(name, life);
        Living other = living.get(peer);
        if (other != null) {
            pod.process().number(other.pod.mac(), FRAMES_PER_SECOND);
            other.pod.process().number(pod.mac(), FRAMES_PER_SECOND);
            life.peers.add(peer);
            other.peers.add(name);
        }
    }

    /** The pod is deleted, when nothing is on its way to or from it. */
    synchronized void go(String name) throws SandboxException, PodException {
        Living life = living.get(name);
        if (life == null) {
            return;
        }
        for (String peer : life.peers) {
            Living other = living.get(peer);
            if (other != null) {
                still(life, other);
                still(other, life);
                other.peers.remove(name);
            }
        }
        living.remove(name);
        PodCounters counted = cluster.removePod(life.pod.spec().uid());
        past.add(new Past(life, counted.packets(), Instant.now()));
        api.deletePod(Authority.NAMESPACE, life.pod.spec().name());
    }

    private static void still(Living from, Living to) throws PodException {
        long sent = from.pod.process().still(to.pod.mac());
        Truth.Way way = new Truth.Way(from.pod.spec().marker(), to.pod.mac());
        from.passed.put(way, sent);
        to.passed.put(way, sent);
    }

    /** All pods go, the last ones first. */
    synchronized void end() throws SandboxException, PodException {
        for (String name : List.copyOf(living.keySet()).reversed()) {
            go(name);
        }
    }

    /** All lives that are over. @param targets the warrants by the application that they are about */
    synchronized List<Truth.Life> lives(Map<String, Set<WarrantId>> targets) {
        return past.stream()
                .map(one -> new Truth.Life(
                        one.life().pod.spec().uid().toString(),
                        one.life().pod.hostVeth(),
                        targets.getOrDefault(one.life().application, Set.of()),
                        one.life().passed,
                        one.counted(),
                        one.life().began,
                        one.ended()))
                .toList();
    }

    /** The interface of a living pod. */
    synchronized String interfaceOf(String name) {
        Living life = living.get(name);
        if (life == null) {
            throw new IllegalStateException("there is no pod " + name);
        }
        return life.pod.hostVeth();
    }
}
