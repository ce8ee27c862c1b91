package org.lawtap.deploy.demo;

import java.util.Map;
import org.lawtap.deploy.pod.PodCounters;
import org.lawtap.deploy.pod.PodException;
import org.lawtap.deploy.sandbox.PodSpec;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.deploy.sandbox.SandboxPod;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodUid;

/** What stands in for Deployment controller, scheduler and kubelet: pods in the API server and in the sandbox alike. */
final class Application {
    static final Namespace NAMESPACE = new Namespace("default");

    private final Stage stage;

    Application(Stage stage) {
        this.stage = stage;
    }

    /** A new pod: created, scheduled, started, reported as running. */
    SandboxPod run(String application, String name, NodeName node, int mtu) throws SandboxException, PodException {
        Map<String, String> labels = Map.of("app", application);
        PodName podName = new PodName(name);
        PodUid uid = stage.api().createPod(NAMESPACE, podName, labels);
        stage.api().bindPod(NAMESPACE, podName, node);
        SandboxPod pod = stage.cluster().addPod(new PodSpec(node, NAMESPACE, podName, uid, labels, mtu));
        pod.process().serve();
        stage.api().updateStatus(NAMESPACE, podName, Pod.Phase.RUNNING, pod.address());
        return pod;
    }

    /** Deletes a pod; returns its final counters. */
    PodCounters delete(SandboxPod pod) throws SandboxException {
        PodCounters last = stage.cluster().removePod(pod.spec().uid());
        stage.api().deletePod(NAMESPACE, pod.spec().name());
        return last;
    }

    /** Loses a pod's sandbox and makes it anew, as a kubelet does: the same UID. Returns the old life's final counters. */
    PodCounters restart(SandboxPod pod) throws SandboxException, PodException {
        PodCounters last = stage.cluster().restartSandbox(pod.spec().uid());
        SandboxPod again = stage.cluster().pod(pod.spec().uid());
        again.process().serve();
        stage.api().updateStatus(NAMESPACE, pod.spec().name(), Pod.Phase.RUNNING, again.address());
        return last;
    }
}
