package org.lawtap.sink.seal;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.evidence.FileDigest;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The facts of a sealed warrant in the words of CASE and UCO (JSON-LD), for the tools of forensic laboratories: the investigation and
 * its authorization, the interception as an action, the files as its result with their hashes. Identifiers follow from the warrant, so
 * that the same facts give the same bytes.
 */
final class CaseBundle {
    private static final String CASE = "https://ontology.caseontology.org/case/investigation/";
    private static final String UCO = "https://ontology.unifiedcyberontology.org/uco/";

    private final WarrantOrders.Accepted newest;
    private final Warrant warrant;
    private final ArrayNode graph;

    private CaseBundle(WarrantOrders.Accepted newest, Warrant warrant, ArrayNode graph) {
        this.newest = newest;
        this.warrant = warrant;
        this.graph = graph;
    }

    /** @param orders those that count; at least one is a warrant */
    static String write(
            List<WarrantOrders.Accepted> orders,
            WarrantOrders.End end,
            List<FileDigest> files,
            List<EvidenceSeries.SessionState> sessions,
            String version) {
        ObjectNode json = SealJson.object();
        ObjectNode context = json.putObject("@context");
        context.put("kb", "urn:lawtap:");
        context.put("case-investigation", CASE);
        for (String part : List.of("action", "core", "identity", "observable", "tool", "types", "vocabulary")) {
            context.put("uco-" + part, UCO + part + "/");
        }
        context.put("xsd", "http://www.w3.org/2001/XMLSchema#");
        for (WarrantOrders.Accepted accepted : orders.reversed()) {
            if (accepted.order() instanceof Warrant warrant) {
                json.put("@id", "kb:bundle-" + warrant.id());
                json.put("@type", "uco-core:Bundle");
                ArrayNode graph = json.putArray("uco-core:object");
                new CaseBundle(accepted, warrant, graph).fill(end, files, sessions, version);
                break;
            }
        }
        return SealJson.text(json);
    }

    private void fill(
            WarrantOrders.End end, List<FileDigest> files, List<EvidenceSeries.SessionState> sessions, String version) {
        Order order = newest.order();
        ObjectNode authorization = node(
                "authorization", "case-investigation:Authorization", order.id().toString());
        authorization.put("case-investigation:authorizationType", "warrant");
        authorization.put(
                "case-investigation:authorizationIdentifier",
                warrant.caseReference() + " (" + order.id() + ", generation " + order.generation() + ")");
        time(authorization, "uco-core:startTime", warrant.notBefore().toString());
        time(authorization, "uco-core:endTime", end.at().toString());
        ObjectNode authority = node("authority", "uco-identity:Organization", warrant.authority());
        authority.put("uco-core:name", warrant.authority());
        ObjectNode agency = node("agency", "uco-identity:Organization", warrant.deliveryAgency());
        agency.put("uco-core:name", warrant.deliveryAgency());
        ObjectNode tool = node("tool", "uco-tool:Tool", "lawtap");
        tool.put("uco-core:name", "lawtap");
        tool.put("uco-tool:toolType", "lawful interception");
        tool.put("uco-tool:version", version);

        ObjectNode action = node("action", "case-investigation:InvestigativeAction", "interception");
        action.put("uco-core:name", "interception of network traffic");
        time(action, "uco-action:startTime", warrant.notBefore().toString());
        time(action, "uco-action:endTime", end.at().toString());
        reference(action, "uco-action:performer", agency);
        reference(action, "uco-action:instrument", tool);
        ArrayNode objects = action.putArray("uco-action:object");
        for (EvidenceSeries.SessionState state : sessions) {
            ObjectNode target = node(
                    "session",
                    "uco-observable:NetworkInterface",
                    state.session().toString());
            target.put(
                    "uco-core:description",
                    "pod %s/%s (%s) on node %s, interface %s"
                            .formatted(
                                    state.opened().pod().namespace(),
                                    state.opened().pod().name(),
                                    state.opened().pod().uid(),
                                    state.opened().node(),
                                    state.opened().interfaceName()));
            objects.addObject().put("@id", target.get("@id").asString());
        }
        ObjectNode provenance = node("provenance", "case-investigation:ProvenanceRecord", "evidence");
        provenance.put("case-investigation:exhibitNumber", order.id().toString());
        ArrayNode exhibits = provenance.putArray("uco-core:object");
        for (FileDigest file : files) {
            exhibits.addObject().put("@id", file(file).get("@id").asString());
        }
        reference(action, "uco-action:result", provenance);

        ObjectNode investigation = node("investigation", "case-investigation:Investigation", warrant.caseReference());
        investigation.put("uco-core:name", warrant.caseReference());
        investigation.put("case-investigation:focus", "interception of communications");
        reference(investigation, "case-investigation:relevantAuthorization", authorization);
        ArrayNode parts = investigation.putArray("uco-core:object");
        parts.addObject().put("@id", action.get("@id").asString());
        parts.addObject().put("@id", provenance.get("@id").asString());
    }

    private ObjectNode file(FileDigest digest) {
        ObjectNode file = node("file", "uco-observable:File", digest.name());
        ArrayNode facets = file.putArray("uco-core:hasFacet");
        ObjectNode name = facets.addObject();
        name.put("@id", id("file-facet", digest.name()));
        name.put("@type", "uco-observable:FileFacet");
        name.put("uco-observable:fileName", digest.name());
        name.put("uco-observable:sizeInBytes", digest.bytes());
        ObjectNode content = facets.addObject();
        content.put("@id", id("content-facet", digest.name()));
        content.put("@type", "uco-observable:ContentDataFacet");
        ObjectNode hash = content.putObject("uco-observable:hash");
        hash.put("@id", id("hash", digest.name()));
        hash.put("@type", "uco-types:Hash");
        ObjectNode method = hash.putObject("uco-types:hashMethod");
        method.put("@type", "uco-vocabulary:HashNameVocab");
        method.put("@value", "SHA256");
        ObjectNode value = hash.putObject("uco-types:hashValue");
        value.put("@type", "xsd:hexBinary");
        value.put("@value", digest.sha256());
        return file;
    }

    private ObjectNode node(String kind, String type, String name) {
        ObjectNode node = graph.addObject();
        node.put("@id", id(kind, name));
        node.put("@type", type);
        return node;
    }

    private String id(String kind, String name) {
        UUID uuid = UUID.nameUUIDFromBytes((warrant.id() + "/" + kind + "/" + name).getBytes(StandardCharsets.UTF_8));
        return "kb:" + kind + "-" + uuid;
    }

    private static void reference(ObjectNode from, String property, ObjectNode to) {
        from.putObject(property).put("@id", to.get("@id").asString());
    }

    private static void time(ObjectNode node, String property, String time) {
        ObjectNode value = node.putObject(property);
        value.put("@type", "xsd:dateTime");
        value.put("@value", time);
    }
}
