package org.lawtap.deploy.sandbox;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.crud.AttributeSet;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodUid;

/**
 * A small stand-in for the Kubernetes API server, in memory and without TLS: it serves list and watch of the pods that are put
 * into it here. Safe for many threads.
 */
public final class StandInApiServer implements AutoCloseable {
    private final KubernetesMockServer server;
    private final NamespacedKubernetesClient client;
    private final String url;

    private StandInApiServer(KubernetesMockServer server, NamespacedKubernetesClient client, String url) {
        this.server = server;
        this.client = client;
        this.url = url;
    }

    /** Starts it; port 0 is any that is free. */
    public static StandInApiServer start(InetAddress address, int port) throws SandboxException {
        KubernetesMockServer server =
                new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), new UniqueUids(), false);
        try {
            server.init(address, port);
            String url = "http://" + address.getHostAddress() + ":" + server.getPort();
            return new StandInApiServer(server, server.createClient(), url);
        } catch (RuntimeException e) {
            throw new SandboxException(
                    "the stand-in API server did not start at " + address.getHostAddress() + ":" + port + ": " + e, e);
        }
    }

    /**
     * The mock numbers its UIDs from 1 in every process. Two sandboxes on one machine share its /proc, where a UID must mean one
     * pod: the upper half of each is made this server's own.
     */
    private static final class UniqueUids extends KubernetesCrudDispatcher {
        private static final String NUMBERED = "00000000-0000-0000-";

        private final String own = UUID.randomUUID().toString().substring(0, NUMBERED.length());

        @Override
        public void processEvent(
                String path,
                AttributeSet pathAttributes,
                @Nullable AttributeSet oldAttributes,
                @Nullable GenericKubernetesResource resource,
                @Nullable String newState) {
            String state = newState;
            if (resource != null && resource.getMetadata().getUid().startsWith(NUMBERED)) {
                String numbered = resource.getMetadata().getUid();
                String unique = own + numbered.substring(NUMBERED.length());
                resource.getMetadata().setUid(unique);
                state = newState == null ? null : newState.replace(numbered, unique);
            }
            super.processEvent(path, pathAttributes, oldAttributes, resource, state);
        }
    }

    /** Where it listens, for instance {@code http://127.0.0.1:40123}. */
    public String url() {
        return url;
    }

    /** Writes a kubeconfig that points here. */
    public void writeKubeconfig(Path file) throws SandboxException {
        Kubeconfig.write(url, file);
    }

    /** Creates a pod that waits for a node, and returns the UID that the server gave it. */
    public PodUid createPod(Namespace namespace, PodName name, Map<String, String> labels) throws SandboxException {
        Pod wanted = new PodBuilder()
                .withNewMetadata()
                .withName(name.value())
                .withNamespace(namespace.value())
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("app")
                .withImage("lawtap/sandbox-app")
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Pending")
                .endStatus()
                .build();
        try {
            client.pods().inNamespace(namespace.value()).resource(wanted).create();
            return new PodUid(pod(namespace, name).get().getMetadata().getUid());
        } catch (KubernetesClientException e) {
            throw failure("created", namespace, name, e);
        }
    }

    /** What a scheduler does: gives the pod its node. */
    public void bindPod(Namespace namespace, PodName name, NodeName node) throws SandboxException {
        edit(
                "bound",
                namespace,
                name,
                pod -> new PodBuilder(pod)
                        .editSpec()
                        .withNodeName(node.value())
                        .endSpec()
                        .build());
    }

    /**
     * What a kubelet does: reports the pod's phase and address. After a sandbox restart the address changes and the UID stays.
     *
     * @param address null as long as it has none
     */
    public void updateStatus(
            Namespace namespace, PodName name, org.lawtap.schemas.model.Pod.Phase phase, @Nullable String address)
            throws SandboxException {
        String word = phase.name().charAt(0) + phase.name().substring(1).toLowerCase(Locale.ROOT);
        List<PodIP> addresses = address == null ? List.of() : List.of(new PodIP(address));
        edit(
                "updated",
                namespace,
                name,
                pod -> new PodBuilder(pod)
                        .editOrNewStatus()
                        .withPhase(word)
                        .withPodIP(address)
                        .withPodIPs(addresses)
                        .endStatus()
                        .build());
    }

    /** The pod is gone: what a kubelet reports when its sandbox is. */
    public void deletePod(Namespace namespace, PodName name) throws SandboxException {
        try {
            pod(namespace, name).withGracePeriod(0).delete();
        } catch (KubernetesClientException e) {
            throw failure("deleted", namespace, name, e);
        }
    }

    /** A client of this server, for whoever needs more; closed with it. */
    public NamespacedKubernetesClient client() {
        return client;
    }

    @Override
    public void close() {
        client.close();
        server.destroy();
    }

    private PodResource pod(Namespace namespace, PodName name) {
        return client.pods().inNamespace(namespace.value()).withName(name.value());
    }

    private void edit(String what, Namespace namespace, PodName name, UnaryOperator<Pod> change)
            throws SandboxException {
        try {
            pod(namespace, name).edit(change);
        } catch (KubernetesClientException e) {
            throw failure(what, namespace, name, e);
        }
    }

    private static SandboxException failure(
            String what, Namespace namespace, PodName name, KubernetesClientException e) {
        return new SandboxException(
                "pod " + namespace + "/" + name + " could not be " + what + ": " + e.getMessage(), e);
    }
}
