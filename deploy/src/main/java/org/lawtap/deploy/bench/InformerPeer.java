package org.lawtap.deploy.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.PodCodec;

/**
 * What the watcher is compared with: the client's stock informer over all pods, whose every event becomes one record. It forgets
 * nothing that was gone and restores nothing. A process of its own: {@code InformerPeer BOOTSTRAP_SERVERS CLUSTER}, with
 * KUBECONFIG.
 */
final class InformerPeer implements ResourceEventHandler<Pod> {
    private final Producer<String, byte[]> producer;
    private final ClusterId cluster;

    private InformerPeer(Producer<String, byte[]> producer, ClusterId cluster) {
        this.producer = producer;
        this.cluster = cluster;
    }

    /** Runs until it is killed. */
    @SuppressWarnings("try") // the informer works as long as it is open
    public static void main(String[] arguments) throws InterruptedException {
        KafkaClients kafka = new KafkaClients(new KafkaSettings(arguments[0], Map.of()), "bench-informer");
        try (Producer<String, byte[]> producer = kafka.producer(Map.of("linger.ms", 0));
                KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(Config.autoConfigure(null))
                        .build();
                SharedIndexInformer<Pod> informer = client.pods()
                        .inAnyNamespace()
                        .inform(new InformerPeer(producer, new ClusterId(arguments[1])))) {
            new CountDownLatch(1).await();
        }
    }

    @Override
    public void onAdd(Pod pod) {
        send(new PodEvent.Present(true, mapped(pod), PodEvent.Source.WATCH, Instant.now()));
    }

    @Override
    public void onUpdate(Pod before, Pod now) {
        send(new PodEvent.Present(false, mapped(now), PodEvent.Source.WATCH, Instant.now()));
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
        send(new PodEvent.Gone(mapped(pod), PodEvent.Source.WATCH, Instant.now()));
    }

    private void send(PodEvent event) {
        producer.send(new ProducerRecord<>(Topic.PODS.name(), event.key(), PodCodec.encode(event)));
    }

    /** Of pods that are as complete as the load server's. */
    private org.lawtap.schemas.model.Pod mapped(Pod api) {
        var metadata = api.getMetadata();
        String node = api.getSpec().getNodeName();
        List<String> addresses = api.getStatus().getPodIPs().stream()
                .map(address -> address.getIp())
                .toList();
        String deletion = metadata.getDeletionTimestamp();
        return new org.lawtap.schemas.model.Pod(
                new PodRef(
                        cluster,
                        new Namespace(metadata.getNamespace()),
                        new PodName(metadata.getName()),
                        new PodUid(metadata.getUid())),
                metadata.getLabels(),
                node == null ? null : new NodeName(node),
                Boolean.TRUE.equals(api.getSpec().getHostNetwork()),
                org.lawtap.schemas.model.Pod.Phase.valueOf(
                        api.getStatus().getPhase().toUpperCase(Locale.ROOT)),
                addresses,
                deletion == null ? null : Instant.parse(deletion),
                metadata.getResourceVersion());
    }
}
