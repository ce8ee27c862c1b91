package org.lawtap.deploy.bench;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A pod as the API server writes it, about 5 KB with its managed fields: texts between values, cut once and then only copied.
 * Names in {@code @...@} are {@link Value}s.
 */
final class PodJson {
    private static final String METADATA = """
            "metadata":{"name":"@NAME@","generateName":"@APP@-@HASH@-","namespace":"@NAMESPACE@","uid":"@UID@",\
            "resourceVersion":"@VERSION@","generation":1,"creationTimestamp":"@CREATED@",@DELETION@\
            "labels":{"app.kubernetes.io/name":"@APP@","app.kubernetes.io/part-of":"@NAMESPACE@",\
            "app.kubernetes.io/version":"1.27.3","pod-template-hash":"@HASH@","lawtap.org/mark":"@MARK@"},\
            "annotations":{"checksum/config":"5f0c6e4a1c5e7b7c1a4d2b9d3e8f60718293a4b5c6d7e8f90a1b2c3d4e5f6071",\
            "kubectl.kubernetes.io/restartedAt":"2026-02-27T16:40:11+01:00","prometheus.io/port":"9102",\
            "prometheus.io/scrape":"true"},\
            "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"@APP@-@HASH@",\
            "uid":"@OWNER@","controller":true,"blockOwnerDeletion":true}],\
            "managedFields":[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1",\
            "time":"@CREATED@","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:annotations":{".":{},\
            "f:checksum/config":{},"f:kubectl.kubernetes.io/restartedAt":{},"f:prometheus.io/port":{},\
            "f:prometheus.io/scrape":{}},"f:generateName":{},"f:labels":{".":{},"f:app.kubernetes.io/name":{},\
            "f:app.kubernetes.io/part-of":{},"f:app.kubernetes.io/version":{},"f:pod-template-hash":{}},\
            "f:ownerReferences":{".":{},"k:{\\"uid\\":\\"@OWNER@\\"}":{}}},"f:spec":{"f:affinity":{".":{},\
            "f:podAntiAffinity":{}},"f:containers":{"k:{\\"name\\":\\"app\\"}":{".":{},"f:env":{".":{},\
            "k:{\\"name\\":\\"POD_NAME\\"}":{".":{},"f:name":{},"f:valueFrom":{}},\
            "k:{\\"name\\":\\"LOG_LEVEL\\"}":{".":{},"f:name":{},"f:value":{}}},"f:image":{},"f:imagePullPolicy":{},\
            "f:livenessProbe":{},"f:name":{},"f:ports":{".":{},"k:{\\"containerPort\\":8080,\\"protocol\\":\\"TCP\\"}":{}},\
            "f:readinessProbe":{},"f:resources":{},"f:securityContext":{},"f:terminationMessagePath":{},\
            "f:terminationMessagePolicy":{},"f:volumeMounts":{}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},\
            "f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:serviceAccountName":{},\
            "f:terminationGracePeriodSeconds":{},"f:volumes":{}}}},\
            {"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"@CREATED@","fieldsType":"FieldsV1",\
            "fieldsV1":{"f:status":{"f:conditions":{"k:{\\"type\\":\\"ContainersReady\\"}":{".":{},\
            "f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}},\
            "k:{\\"type\\":\\"Initialized\\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},\
            "f:type":{}},"k:{\\"type\\":\\"Ready\\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},\
            "f:status":{},"f:type":{}}},"f:containerStatuses":{},"f:hostIP":{},"f:hostIPs":{},"f:phase":{},\
            "f:podIP":{},"f:podIPs":{},"f:startTime":{}}},"subresource":"status"}]},""";

    private static final String SPEC = """
            "spec":{"volumes":[{"name":"config","configMap":{"name":"@APP@","defaultMode":420}},\
            {"name":"scratch","emptyDir":{"sizeLimit":"256Mi"}},{"name":"kube-api-access-x2v7q","projected":{"sources":[\
            {"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt",\
            "items":[{"key":"ca.crt","path":"ca.crt"}]}},{"downwardAPI":{"items":[{"path":"namespace",\
            "fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],"defaultMode":420}}],\
            "containers":[{"name":"app","image":"registry.example.org/@NAMESPACE@/@APP@:1.27.3",\
            "args":["--listen=:8080","--metrics=:9102"],"ports":[{"name":"http","containerPort":8080,"protocol":"TCP"},\
            {"name":"metrics","containerPort":9102,"protocol":"TCP"}],"env":[{"name":"POD_NAME","valueFrom":{"fieldRef":\
            {"apiVersion":"v1","fieldPath":"metadata.name"}}},{"name":"LOG_LEVEL","value":"info"}],\
            "resources":{"limits":{"memory":"512Mi"},"requests":{"cpu":"100m","memory":"256Mi"}},\
            "volumeMounts":[{"name":"config","readOnly":true,"mountPath":"/etc/app"},{"name":"scratch",\
            "mountPath":"/tmp"},{"name":"kube-api-access-x2v7q","readOnly":true,\
            "mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"livenessProbe":{"httpGet":{"path":"/livez",\
            "port":"http","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,\
            "failureThreshold":3},"readinessProbe":{"httpGet":{"path":"/readyz","port":"http","scheme":"HTTP"},\
            "timeoutSeconds":1,"periodSeconds":5,"successThreshold":1,"failureThreshold":3},\
            "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",\
            "imagePullPolicy":"IfNotPresent","securityContext":{"capabilities":{"drop":["ALL"]},\
            "readOnlyRootFilesystem":true,"allowPrivilegeEscalation":false}}],"restartPolicy":"Always",\
            "terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"@APP@",\
            "serviceAccount":"@APP@",@NODE@@HOSTNET@"securityContext":{"runAsNonRoot":true},"schedulerName":\
            "default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists",\
            "effect":"NoExecute","tolerationSeconds":300},{"key":"node.kubernetes.io/unreachable","operator":"Exists",\
            "effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,\
            "preemptionPolicy":"PreemptLowerPriority"},""";

    private static final String PENDING = """
            "status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"@SCHEDULED@",\
            "lastProbeTime":null,"lastTransitionTime":"@CREATED@"}],"qosClass":"Burstable"}}""";

    private static final String RUNNING = """
            "status":{"phase":"Running","conditions":[{"type":"PodReadyToStartContainers","status":"True",\
            "lastProbeTime":null,"lastTransitionTime":"@CREATED@"},{"type":"Initialized","status":"True",\
            "lastProbeTime":null,"lastTransitionTime":"@CREATED@"},{"type":"Ready","status":"True",\
            "lastProbeTime":null,"lastTransitionTime":"@PROBED@"},{"type":"ContainersReady","status":"True",\
            "lastProbeTime":null,"lastTransitionTime":"@PROBED@"},{"type":"PodScheduled","status":"True",\
            "lastProbeTime":null,"lastTransitionTime":"@CREATED@"}],"hostIP":"@HOSTIP@","hostIPs":[{"ip":"@HOSTIP@"}],\
            "podIP":"@IP@","podIPs":[{"ip":"@IP@"}],"startTime":"@CREATED@","containerStatuses":[{"name":"app",\
            "state":{"running":{"startedAt":"@PROBED@"}},"lastState":{},"ready":true,"restartCount":@RESTARTS@,\
            "image":"registry.example.org/@NAMESPACE@/@APP@:1.27.3","imageID":"registry.example.org/@NAMESPACE@/@APP@\
            @sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31",\
            "containerID":"containerd://5f0c6e4a1c5e7b7c1a4d2b9d3e8f60718293a4b5c6d7e8f90a1b2c3d4e5f6071",\
            "started":true,"volumeMounts":[{"name":"config","mountPath":"/etc/app","readOnly":true,\
            "recursiveReadOnly":"Disabled"},{"name":"scratch","mountPath":"/tmp"}]}],"qosClass":"Burstable"}}""";

    private static final byte[] ITEM = ascii("{");
    private static final byte[] TYPED = ascii("{\"kind\":\"Pod\",\"apiVersion\":\"v1\",");
    private static final List<Part> PENDING_PARTS = cut(METADATA + SPEC + PENDING);
    private static final List<Part> RUNNING_PARTS = cut(METADATA + SPEC + RUNNING);

    private PodJson() {}

    private enum Value {
        NAME,
        APP,
        HASH,
        NAMESPACE,
        UID,
        VERSION,
        CREATED,
        DELETION,
        MARK,
        OWNER,
        NODE,
        HOSTNET,
        SCHEDULED,
        PROBED,
        HOSTIP,
        IP,
        RESTARTS
    }

    /** A text, or a value of the pod; one that occurs again is not worked out again. */
    private interface Part {
        void write(LoadPod pod, Map<Value, String> known, Bytes out);
    }

    /** Writes a pod. @param typed with kind and apiVersion, which the items of a list lack */
    static void write(LoadPod pod, boolean typed, Bytes out) {
        Map<Value, String> known = new EnumMap<>(Value.class);
        out.raw(typed ? TYPED : ITEM);
        for (Part part : pod.addressed() ? RUNNING_PARTS : PENDING_PARTS) {
            part.write(pod, known, out);
        }
    }

    private static String value(Value value, LoadPod pod) {
        return switch (value) {
            case NAME -> pod.name();
            case APP -> pod.applicationName();
            case HASH -> pod.templateHash();
            case NAMESPACE -> pod.namespace();
            case UID -> pod.uid();
            case VERSION -> Long.toString(pod.resourceVersion());
            case CREATED -> pod.createdAt().toString();
            case DELETION ->
                pod.stage() == LoadPod.Stage.TERMINATING
                        ? "\"deletionTimestamp\":\"" + pod.deletionAt() + "\",\"deletionGracePeriodSeconds\":30,"
                        : "";
            case MARK -> Integer.toString(pod.labelMark());
            case OWNER -> pod.ownerUid();
            case NODE -> pod.scheduled() ? "\"nodeName\":\"" + pod.nodeName() + "\"," : "";
            case HOSTNET -> pod.hostNetwork() ? "\"hostNetwork\":true," : "";
            case SCHEDULED -> pod.scheduled() ? "True" : "False";
            case PROBED -> probed(pod).toString();
            case HOSTIP -> pod.nodeAddress();
            case IP -> pod.address();
            case RESTARTS -> Integer.toString(pod.statusMark() / 8);
        };
    }

    private static Instant probed(LoadPod pod) {
        return pod.createdAt().plusSeconds(5L + pod.statusMark());
    }

    private static List<Part> cut(String template) {
        List<Part> parts = new ArrayList<>();
        int from = 0;
        for (int at = template.indexOf('@'); at >= 0; at = template.indexOf('@', at + 1)) {
            int end = template.indexOf('@', at + 1);
            String name = end < 0 ? "" : template.substring(at + 1, end);
            if (!name.isEmpty() && name.equals(name.toUpperCase(Locale.ROOT))) {
                parts.add(text(template.substring(from, at)));
                parts.add(value(Value.valueOf(name)));
                from = end + 1;
                at = end;
            }
        }
        parts.add(text(template.substring(from)));
        return List.copyOf(parts);
    }

    private static Part text(String text) {
        byte[] bytes = ascii(text);
        return (pod, known, out) -> out.raw(bytes);
    }

    private static Part value(Value value) {
        return (pod, known, out) -> {
            String text = known.get(value);
            if (text == null) {
                text = value(value, pod);
                known.put(value, text);
            }
            out.ascii(text);
        };
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
