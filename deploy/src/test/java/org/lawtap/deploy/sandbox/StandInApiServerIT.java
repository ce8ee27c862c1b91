package org.lawtap.deploy.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod.Phase;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodUid;

class StandInApiServerIT {
    private static final Namespace SHOP = new Namespace("shop");
    private static final PodName NAME = new PodName("nginx1");

    @TempDir
    Path directory;

    private final List<String> seen = new CopyOnWriteArrayList<>();

    @Test
    void anInformerSeesAPodsWholeLife() throws Exception {
        Path kubeconfig = directory.resolve("kubeconfig");
        try (StandInApiServer server = StandInApiServer.start(InetAddress.getLoopbackAddress(), 0)) {
            server.writeKubeconfig(kubeconfig);
            Config config = Config.fromKubeconfig(Files.readString(kubeconfig));
            PodUid first = server.createPod(SHOP, new PodName("before"), Map.of("app", "old"));
            try (KubernetesClient client =
                            new KubernetesClientBuilder().withConfig(config).build();
                    SharedIndexInformer<Pod> informer =
                            client.pods().inAnyNamespace().inform(new Recorder())) {
                assertThat(informer.hasSynced()).isTrue();
                PodUid uid = server.createPod(SHOP, NAME, Map.of("app", "nginx1"));
                server.bindPod(SHOP, NAME, new NodeName("n1"));
                server.updateStatus(SHOP, NAME, Phase.RUNNING, "10.244.1.2");
                // A sandbox restart: another address, the same UID.
                server.updateStatus(SHOP, NAME, Phase.RUNNING, "10.244.1.9");
                server.deletePod(SHOP, NAME);
                Machine.await("the end of " + uid, () -> seen.contains("gone " + uid));
                assertThat(uid).isNotEqualTo(first);
                assertThat(seen)
                        .containsExactly(
                                "added " + first + " null Pending null old",
                                "added " + uid + " null Pending null nginx1",
                                "changed " + uid + " n1 Pending null nginx1",
                                "changed " + uid + " n1 Running 10.244.1.2 nginx1",
                                "changed " + uid + " n1 Running 10.244.1.9 nginx1",
                                "gone " + uid);
            }
        }
    }

    private final class Recorder implements ResourceEventHandler<Pod> {
        @Override
        public void onAdd(Pod pod) {
            seen.add("added " + text(pod));
        }

        @Override
        public void onUpdate(Pod before, Pod pod) {
            seen.add("changed " + text(pod));
        }

        @Override
        public void onDelete(Pod pod, boolean deletedFinalStateUnknown) {
            seen.add("gone " + pod.getMetadata().getUid());
        }

        private static String text(Pod pod) {
            return pod.getMetadata().getUid() + " " + pod.getSpec().getNodeName() + " "
                    + pod.getStatus().getPhase() + " " + pod.getStatus().getPodIP() + " "
                    + pod.getMetadata().getLabels().get("app");
        }
    }
}
