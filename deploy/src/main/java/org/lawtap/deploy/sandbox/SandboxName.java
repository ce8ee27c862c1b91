package org.lawtap.deploy.sandbox;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The id of one sandbox, 8 hex digits, from which every name that it leaves on the machine is derived.
 *
 * <pre>
 *   /run/netns/lawtap-ID-control    the namespace of the control plane
 *   /run/netns/lawtap-ID-nN         node N
 *   /run/netns/lawtap-ID-p-HHHHHHHH one pod sandbox
 *   CGROUP_ROOT/lawtap-ID           the pods' processes
 *   /run/lawtap/ID.claim            held as long as the sandbox lives
 * </pre>
 */
public record SandboxName(String id) {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{8}");
    private static final SecureRandom RANDOM = new SecureRandom();

    public SandboxName {
        if (!FORM.matcher(id).matches()) {
            throw new IllegalArgumentException("a sandbox id is 8 hex digits in lower case, not \"" + id + "\"");
        }
    }

    /** A name that no other sandbox has. */
    public static SandboxName random() {
        return new SandboxName(hex(4));
    }

    /** Random bytes as hex digits, two each. */
    static String hex(int bytes) {
        byte[] random = new byte[bytes];
        RANDOM.nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /** What the names of all its network namespaces begin with. */
    public String prefix() {
        return "lawtap-" + id + "-";
    }

    /** The network namespace of Kafka, the API server and the bridge between the nodes. */
    public String controlNamespace() {
        return prefix() + "control";
    }

    /** The network namespace of a node, counted from 1. */
    public String nodeNamespace(int node) {
        return prefix() + "n" + node;
    }

    /** A fresh name for a pod sandbox's network namespace. */
    String podNamespace() {
        return prefix() + "p-" + hex(4);
    }

    /** The name of its directory below the cgroup root. */
    public String cgroup() {
        return "lawtap-" + id;
    }

    @Override
    public String toString() {
        return id;
    }
}
