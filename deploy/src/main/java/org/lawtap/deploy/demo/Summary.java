package org.lawtap.deploy.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.pod.PodCounters;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.order.Warrant;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code summary.json}: what the demo found, for programs. All counts are packets unless the name says bytes. */
final class Summary {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Summary() {}

    static void write(Path file, Warrant warrant, Verdict verdict, @Nullable ReplayResult replay) throws DemoException {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("ok", verdict.problems().isEmpty() && (replay == null || replay.identical()));
        ArrayNode problems = json.putArray("problems");
        verdict.problems().forEach(problems::add);
        json.put("warrant", warrant.id().toString());
        ArrayNode sessions = json.putArray("sessions");
        verdict.accounts().forEach(account -> session(sessions.addObject(), account, verdict.packetsInFiles()));
        ArrayNode files = json.putArray("files");
        for (EvidenceFile evidence : verdict.files()) {
            Path directory = file.toAbsolutePath().getParent();
            files.addObject()
                    .put(
                            "name",
                            directory == null
                                    ? evidence.path().toString()
                                    : directory
                                            .relativize(evidence.path().toAbsolutePath())
                                            .toString())
                    .put("bytes", evidence.bytes())
                    .put("sha256", evidence.sha256());
        }
        json.put("foreignFrames", verdict.foreign());
        ArrayNode truth = json.putArray("truth");
        for (Life life : verdict.lives()) {
            SessionAccount account = Verdict.find(verdict.accounts(), life);
            ObjectNode entry = truth.addObject();
            entry.put("pod", life.pod().spec().name().value());
            entry.put("podUid", life.pod().spec().uid().value());
            entry.put("node", life.pod().spec().node().value());
            entry.put("address", life.pod().address());
            entry.put("networkNamespace", life.pod().netInode());
            entry.put("session", account == null ? "" : account.id().toString());
            counters(entry.putObject("beforeWarrant"), life.beginLeast());
            counters(entry.putObject("whenCaptured"), life.beginMost());
            counters(entry.putObject("beforeEnd"), life.endLeast());
            counters(entry.putObject("afterEnd"), life.endMost());
            entry.put("packetsUnderWarrantLeast", life.endLeast().packets() - life.beginPacketsMost());
            entry.put("packetsUnderWarrantMost", life.endMost().packets() - life.beginPacketsLeast());
        }
        if (replay != null) {
            replay.write(json.putObject("replay"));
        }
        try {
            Files.writeString(file, MAPPER.writeValueAsString(json) + "\n");
        } catch (IOException e) {
            throw new DemoException(file + " can't be written: " + e.getMessage(), e);
        }
    }

    private static void session(ObjectNode json, SessionAccount account, Map<String, Long> inFiles) {
        json.put("session", account.id().toString());
        SessionId previous = account.opened().previousSession();
        json.put("previousSession", previous == null ? null : previous.toString());
        json.put("namespace", account.opened().pod().namespace().value());
        json.put("pod", account.opened().pod().name().value());
        json.put("podUid", account.opened().pod().uid().value());
        json.put("node", account.opened().node().value());
        json.put("interface", account.opened().interfaceName());
        json.put("interfaceIndex", account.opened().interfaceIndex());
        json.put("networkNamespace", account.opened().networkNamespace());
        json.put("engine", account.opened().engine());
        json.put("endReason", String.valueOf(account.last().endReason()));
        json.put("firstSequence", 0);
        json.put("lastSequence", account.last().delivered() - 1);
        json.put("packets", account.last().delivered());
        json.put("packetsInFiles", inFiles.getOrDefault(account.id().toString(), 0L));
        json.put("bytes", account.last().deliveredBytes());
        json.put("cutByScopeBytes", account.last().cutByScopeBytes());
        ObjectNode losses = json.putObject("losses");
        losses.put("missedBeforeArm", account.opened().missedBeforeArm());
        losses.put("kernelDrop", account.last().kernelDrop());
        losses.put("userDrop", account.last().userDrop());
        losses.put("outOfScopeDiscarded", account.last().outOfScopeDiscarded());
        losses.put("truncated", account.last().truncated());
        losses.put("truncatedBytes", account.last().truncatedBytes());
        losses.put("unaccounted", account.unaccounted());
        json.put("kernelReceived", account.last().kernelReceived());
        json.put("interfaceExact", account.last().interfaceExact());
        counters(json.putObject("interfaceAtArm"), account.last().interfaceAtArm());
        counters(json.putObject("interfaceAtEnd"), account.last().interfaceNow());
    }

    private static void counters(ObjectNode json, InterfaceCounters counters) {
        json.put("receivedFromPod", counters.receivedPackets());
        json.put("sentToPod", counters.sentPackets());
        json.put("receivedFromPodBytes", counters.receivedBytes());
        json.put("sentToPodBytes", counters.sentBytes());
        json.put("receiveDropped", counters.receiveDropped());
        json.put("sendDropped", counters.sendDropped());
    }

    private static void counters(ObjectNode json, @Nullable PodCounters counters) {
        json.put("received", counters == null ? 0 : counters.receivedPackets());
        json.put("sent", counters == null ? 0 : counters.sentPackets());
        json.put("receivedBytes", counters == null ? 0 : counters.receivedBytes());
        json.put("sentBytes", counters == null ? 0 : counters.sentBytes());
    }
}
