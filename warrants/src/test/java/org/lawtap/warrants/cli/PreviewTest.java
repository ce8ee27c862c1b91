package org.lawtap.warrants.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.lawtap.schemas.order.SampleOrders.NOW;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SampleOrders;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import tools.jackson.databind.JsonNode;

class PreviewTest {
    private static final ClusterId CLUSTER = new ClusterId("c1");
    private static final Map<String, String> WEB = Map.of("tier", "web", "app", "nginx1");

    @TempDir
    Path directory = Path.of("");

    private final KeyPair judge = OrderKeys.generate();
    private final KeyPair prosecutor = OrderKeys.generate();
    private final FakeOrderLog log = new FakeOrderLog(
            new OrderCheck(
                    new TrustList(List.of(
                            SampleOrders.approver("judge", judge), SampleOrders.approver("prosecutor", prosecutor))),
                    false),
            NOW);
    private final Terminal lawtap = new Terminal(log, NOW);

    @Test
    void saysWhichPodsOnWhichNodes() throws IOException {
        present(pod("a", "shop", "n1", WEB, false, Pod.Phase.RUNNING));
        present(pod("b", "shop", "n2", WEB, false, Pod.Phase.PENDING));
        present(pod("c", "shop", "n2", Map.of("tier", "db"), false, Pod.Phase.RUNNING));
        present(pod("d", "bank", "n2", WEB, false, Pod.Phase.RUNNING));
        assertThat(preview(SampleOrders.warrant())).isZero();
        assertThat(lawtap.out())
                .contains("2 pods would be captured\n  a  web-a  node n1\n  b  web-b  node n2\n")
                .contains("0 pods would be refused")
                .contains("node n1: 1 pod\n", "node n2: 1 pod\n")
                .doesNotContain("web-c", "web-d", "look:");
    }

    @Test
    void saysWhichPodsWouldBeRefusedOrWaitAndWhy() throws IOException {
        present(pod("a", "shop", "n1", WEB, true, Pod.Phase.RUNNING));
        present(pod("b", "shop", "n1", WEB, false, Pod.Phase.SUCCEEDED));
        present(pod("c", "shop", null, WEB, false, Pod.Phase.PENDING));
        assertThat(preview(SampleOrders.warrant(), "--output", "json")).isZero();
        JsonNode pods = lawtap.json().path("pods");
        assertThat(pods.size()).isEqualTo(3);
        assertThat(pods.get(0).path("fate").asString()).isEqualTo("WAITS");
        assertThat(pods.get(0).path("why").asString()).contains("not scheduled");
        assertThat(pods.get(1).path("fate").asString()).isEqualTo("REFUSED");
        assertThat(pods.get(1).path("why").asString()).startsWith("HOST_NETWORK");
        assertThat(pods.get(2).path("why").asString()).startsWith("ENDED");
    }

    @Test
    void aPodThatIsGoneIsNotSaid() throws IOException {
        Pod pod = pod("a", "shop", "n1", WEB, false, Pod.Phase.RUNNING);
        present(pod);
        log.pods.add(new PodEvent.Gone(pod, PodEvent.Source.WATCH, NOW));
        preview(SampleOrders.warrant());
        assertThat(lawtap.out()).contains("0 pods would be captured", "look: no pod matches now");
    }

    @Test
    void saysThatASelectorIsWiderThanOneApplication() throws IOException {
        present(pod("a", "shop", "n1", Map.of("tier", "web", "app", "cart"), false, Pod.Phase.RUNNING));
        present(pod("b", "shop", "n1", Map.of("tier", "web", "app", "cart"), false, Pod.Phase.RUNNING));
        present(pod("c", "shop", "n1", Map.of("tier", "web", "app", "till"), false, Pod.Phase.RUNNING));
        present(pod("d", "shop", "n1", Map.of("tier", "db"), false, Pod.Phase.RUNNING));
        preview(target("shop", Map.of("tier", "web")));
        assertThat(lawtap.out())
                .contains("look: this selector is wider than one application: it matches app=cart (2 pods), app=till"
                        + " (1 pod)");
    }

    @Test
    void aPodWithoutAnApplicationsLabelBelongsToWhatMadeIt() {
        assertThat(owner("cart-5d9c-x2x1z", Map.of("pod-template-hash", "5d9c")))
                .isEqualTo("cart");
        assertThat(owner("logger-x2x1z", Map.of("controller-revision-hash", "1")))
                .isEqualTo("logger");
        assertThat(owner("nightly-1-abcde", Map.of("batch.kubernetes.io/job-name", "nightly-1")))
                .isEqualTo("nightly-1");
        assertThat(owner("lone-pod", Map.of())).isEqualTo("lone-pod");
        assertThat(owner("cart-5d9c-x2x1z", Map.of("pod-template-hash", "5d9c", "k8s-app", "cart")))
                .isEqualTo("k8s-app=cart");
    }

    @Test
    void saysThatASelectorMatchesTheWholeNamespace() throws IOException {
        present(pod("a", "shop", "n1", WEB, false, Pod.Phase.RUNNING));
        present(pod("b", "shop", "n1", WEB, false, Pod.Phase.RUNNING));
        preview(SampleOrders.warrant());
        assertThat(lawtap.out()).contains("look: this selector matches every pod of namespace shop, 2 of them");
    }

    @Test
    void saysThatNothingIsKnownOfTheCluster() throws IOException {
        present(pod("a", "shop", "n1", WEB, false, Pod.Phase.RUNNING));
        Warrant elsewhere = with(new Target(new ClusterId("c9"), new Namespace("shop"), WEB));
        assertThat(preview(elsewhere)).isZero();
        assertThat(lawtap.out())
                .contains("look: nothing is known of cluster c9")
                .doesNotContain("as of");
    }

    @Test
    void saysWhatAnAmendmentChangesAndWhyItsActivationWouldBeRefused() throws IOException {
        log.hold(SampleOrders.sign(SampleOrders.warrant(), judge, prosecutor));
        preview(SampleOrders.warrant());
        assertThat(lawtap.out()).contains("activating it now would be refused: generation 1 is not newer than 1");
        Warrant first = SampleOrders.warrant();
        preview(new Warrant(
                first.id(),
                2,
                first.authority(),
                first.caseReference(),
                first.target(),
                first.notBefore(),
                first.notAfter().plusSeconds(1),
                first.scope(),
                first.filter(),
                first.deliveryAgency(),
                first.retentionDays()));
        assertThat(lawtap.out())
                .contains("this amendment is WIDER than generation 1", "WIDER  notAfter:")
                .doesNotContain("would be refused: ");
    }

    private int preview(Warrant warrant, String... options) throws IOException {
        Path file = directory.resolve("w.json");
        Files.write(file, OrderJson.write(warrant));
        String[] arguments = new String[options.length + 2];
        arguments[0] = "preview";
        arguments[1] = file.toString();
        System.arraycopy(options, 0, arguments, 2, options.length);
        return lawtap.run(arguments);
    }

    private void present(Pod pod) {
        log.pods.add(new PodEvent.Present(true, pod, PodEvent.Source.WATCH, NOW));
    }

    private static String owner(String name, Map<String, String> labels) {
        PodRef ref = new PodRef(CLUSTER, new Namespace("shop"), new PodName(name), new PodUid("u"));
        return Preview.application(new Pod(ref, labels, null, false, Pod.Phase.RUNNING, List.of(), null, "1"));
    }

    private static Warrant target(String namespace, Map<String, String> labels) {
        return with(new Target(CLUSTER, new Namespace(namespace), labels));
    }

    private static Warrant with(Target target) {
        Warrant sample = SampleOrders.warrant();
        return new Warrant(
                sample.id(),
                1,
                sample.authority(),
                sample.caseReference(),
                target,
                sample.notBefore(),
                sample.notAfter(),
                sample.scope(),
                sample.filter(),
                sample.deliveryAgency(),
                sample.retentionDays());
    }

    private static Pod pod(
            String uid,
            String namespace,
            @Nullable String node,
            Map<String, String> labels,
            boolean hostNetwork,
            Pod.Phase phase) {
        PodRef ref = new PodRef(CLUSTER, new Namespace(namespace), new PodName("web-" + uid), new PodUid(uid));
        return new Pod(ref, labels, node == null ? null : new NodeName(node), hostNetwork, phase, List.of(), null, "1");
    }
}
