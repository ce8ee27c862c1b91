package org.lawtap.worker.identity;

import java.util.LinkedHashMap;
import java.util.Map;
import org.lawtap.worker.kernel.Link;

/**
 * A host-side interface that was proven to lead into one pod.
 *
 * @param pid the process that the proof rests on
 * @param networkNamespace inode of the pod's network namespace
 * @param namespaceId the node's id of that namespace, the same by process and by link
 * @param podSideName the other end's name, empty if it could not be learnt
 * @param pointsBack whether the pod's sysfs was read and says that the other end points back
 */
public record PodInterface(
        Link link, int pid, long networkNamespace, int namespaceId, String podSideName, boolean pointsBack) {
    /** Whether both speak of the same two ends. */
    public boolean sameAs(PodInterface other) {
        return link.index() == other.link.index()
                && link.name().equals(other.link.name())
                && link.peerIndex() == other.link.peerIndex()
                && networkNamespace == other.networkNamespace;
    }

    /** The proof, for custody. */
    public Map<String, String> proof() {
        Map<String, String> proof = new LinkedHashMap<>();
        proof.put("interface", link.name());
        proof.put("interfaceIndex", String.valueOf(link.index()));
        proof.put("kind", link.kind());
        proof.put("peerIndex", String.valueOf(link.peerIndex()));
        proof.put("linkNamespaceId", String.valueOf(link.peerNamespace()));
        proof.put("processNamespaceId", String.valueOf(namespaceId));
        proof.put("networkNamespace", String.valueOf(networkNamespace));
        proof.put("pid", String.valueOf(pid));
        proof.put("podSideInterface", podSideName.isEmpty() ? "not readable" : podSideName);
        proof.put("podSideProof", pointsBack ? "the pod's sysfs points back" : "the pod's sysfs is not readable");
        return proof;
    }
}
