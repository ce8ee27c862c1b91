package org.lawtap.deploy.faults;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.lawtap.deploy.bench.BenchException;
import org.lawtap.schemas.model.CustodyAction;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Says what a run found: for a reader, and as JSON for programs. */
final class FaultReport {
    private final FaultRun.Outcome outcome;

    FaultReport(FaultRun.Outcome outcome) {
        this.outcome = outcome;
    }

    void print(PrintStream out) {
        out.printf(
                Locale.ROOT,
                "seed %d, %d s of faults%n",
                outcome.plan().seed(),
                outcome.plan().endMs() / 1000);
        for (Fault.Kind kind : Fault.Kind.values()) {
            out.printf(Locale.ROOT, "  %-34s %,12d%n", words(kind), befallen(kind));
        }
        out.printf(Locale.ROOT, "  %-34s %,12d%n", "processes that ended by themselves", ended());
        out.printf(
                Locale.ROOT,
                "sessions %d, of them cut off %d; custody: gaps %d, spills %d, spill full %d, records not stored %d%n",
                outcome.sessions(),
                outcome.cutOff(),
                stated(CustodyAction.GAP),
                stated(CustodyAction.SPILL_BEGUN),
                stated(CustodyAction.SPILL_FULL),
                stated(CustodyAction.RECORD_NOT_STORED));
        out.println("packets of the targets, once for each warrant about them");
        out.printf(Locale.ROOT, "  %-34s %,12d%n", "sent", outcome.verdict().sent());
        for (PacketClass one : PacketClass.values()) {
            out.printf(
                    Locale.ROOT,
                    "  %-34s %,12d%n",
                    one.words(),
                    outcome.verdict().of(one));
        }
        out.printf(
                Locale.ROOT,
                "  %-34s %,12d%n",
                "lost without a trace",
                outcome.verdict().lost());
        out.println("verified by " + String.join(" and ", outcome.verifiers())
                + "; rebuilt from the log and compared byte by byte");
        outcome.verdict().problems().forEach(problem -> out.println("PROBLEM  " + problem));
        out.println(outcome.clean() ? "clean" : "NOT CLEAN");
        out.flush();
    }

    void write(Path file) throws BenchException {
        ObjectNode root = JsonMapper.shared().createObjectNode();
        root.put("seed", outcome.plan().seed());
        root.put("faultSeconds", outcome.plan().endMs() / 1000);
        root.put("clean", outcome.clean());
        ObjectNode faults = root.putObject("faults");
        for (Fault.Kind kind : Fault.Kind.values()) {
            faults.put(kind.name(), befallen(kind));
        }
        ObjectNode ended = root.putObject("endedByThemselves");
        for (Map.Entry<Party, Integer> entry : outcome.endedByThemselves().entrySet()) {
            ended.put(entry.getKey().machine(), entry.getValue());
        }
        root.put("sessions", outcome.sessions());
        root.put("cutOff", outcome.cutOff());
        ObjectNode custody = root.putObject("custody");
        outcome.stated().forEach((action, count) -> custody.put(action.name(), count));
        ObjectNode packets = root.putObject("packets");
        packets.put("sent", outcome.verdict().sent());
        for (PacketClass one : PacketClass.values()) {
            packets.put(one.name(), outcome.verdict().of(one));
        }
        packets.put("lostWithoutTrace", outcome.verdict().lost());
        var rows = root.putArray("rows");
        for (Checker.Row row : outcome.verdict().rows()) {
            ObjectNode one = rows.addObject();
            one.put("pod", row.pod()).put("warrant", row.warrant().toString()).put("sent", row.sent());
            row.packets().forEach((each, count) -> one.put(each.name(), count));
        }
        var verifiers = root.putArray("verifiers");
        outcome.verifiers().forEach(verifiers::add);
        var problems = root.putArray("problems");
        outcome.verdict().problems().forEach(problems::add);
        var happened = root.putArray("happened");
        for (Happened each : outcome.happened()) {
            happened.addObject()
                    .put("from", each.from().toString())
                    .put("until", each.until().toString())
                    .put("what", each.fault().sentence());
        }
        try {
            Files.writeString(file, root.toPrettyString() + "\n", StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new BenchException(file + " can't be written: " + e.getMessage(), e);
        }
    }

    private long befallen(Fault.Kind kind) {
        return outcome.happened().stream()
                .filter(each -> each.fault().kind() == kind)
                .count();
    }

    private int ended() {
        return outcome.endedByThemselves().values().stream()
                .mapToInt(Integer::intValue)
                .sum();
    }

    private long stated(CustodyAction action) {
        return outcome.stated().getOrDefault(action, 0L);
    }

    private static String words(Fault.Kind kind) {
        return switch (kind) {
            case KILL -> "killed";
            case STOP -> "stood still";
            case CUT -> "cut off";
            case DISK_FULL -> "disks full";
            case CLOCK -> "clocks stepped";
        };
    }
}
