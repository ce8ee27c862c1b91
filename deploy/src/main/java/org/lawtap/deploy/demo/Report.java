package org.lawtap.deploy.demo;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.order.Warrant;

/** The table at the end of the demo, and what to type next. */
final class Report {
    private static final String ROW = "%-10s %-26s %-4s %-13s %9s %11s %7s %7s  %s";

    private final PrintStream out;

    Report(PrintStream out) {
        this.out = out;
    }

    void print(Path directory, Warrant warrant, Verdict verdict, @Nullable ReplayResult replay) {
        line("");
        line("Sessions of warrant " + warrant.id());
        line(ROW, "session", "pod", "node", "interface", "packets", "bytes", "before", "lost", "end");
        for (SessionAccount account : verdict.accounts()) {
            line(
                    ROW,
                    account.id().toString().substring(0, 8),
                    account.opened().pod().name(),
                    account.opened().node(),
                    account.opened().interfaceName(),
                    account.last().delivered(),
                    account.last().deliveredBytes(),
                    account.opened().missedBeforeArm(),
                    account.last().kernelDrop() + account.last().userDrop() + account.unaccounted(),
                    account.last().endReason());
        }
        line("");
        line("The pods' own kernels");
        line("%-26s %-13s %14s %14s  %s", "pod", "address", "under warrant", "in the files", "");
        for (Life life : verdict.lives()) {
            long least = life.endLeast().packets() - life.beginPacketsMost();
            long most = life.endMost().packets() - life.beginPacketsLeast();
            SessionAccount account = Verdict.find(verdict.accounts(), life);
            long inFiles = account == null
                    ? 0
                    : verdict.packetsInFiles().getOrDefault(account.id().toString(), 0L);
            line(
                    "%-26s %-13s %14s %14s  %s",
                    life.pod().spec().name(),
                    life.pod().address(),
                    least == most ? String.valueOf(least) : least + "-" + most,
                    inFiles,
                    least <= inFiles && inFiles <= most ? "equal" : "DIFFERENT");
        }
        line("");
        line("Files");
        for (EvidenceFile file : verdict.files()) {
            line("  %s  %d bytes", file.path(), file.bytes());
            line("  sha256 %s", file.sha256());
        }
        line("");
        if (replay != null) {
            line(
                    "Replay: %d of %d sent frames are in the evidence, byte for byte and in order; %d more are the kernel's own.",
                    replay.matched(), replay.replayed().sent(), replay.own());
            replay.difference().ifPresent(difference -> line("! " + difference));
        }
        if (verdict.problems().isEmpty()) {
            line("Every packet of the target's pods is in the files, and %d frames of others.", verdict.foreign());
        } else {
            verdict.problems().forEach(problem -> line("! " + problem));
        }
        line("");
        line(
                "Next: tshark -r %s",
                verdict.files().isEmpty() ? "FILE" : verdict.files().getFirst().path());
        line(
                "      capinfos %s/*.pcapng",
                directory.resolve("evidence").resolve(warrant.id().toString()));
        line("      ./lawtap verify %s checks all of it, offline", directory);
        line("      %s says all of this to programs", directory.resolve("summary.json"));
    }

    private void line(String format, @Nullable Object... values) {
        out.println(values.length == 0 ? format : String.format(Locale.ROOT, format, values));
    }
}
