package org.lawtap.warrants.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/** {@code lawtap warrant} on a log in memory and a clock that stands. */
final class Terminal {
    private final FakeOrderLog log;
    private final Clock clock;
    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();

    Terminal(FakeOrderLog log, Instant now) {
        this.log = log;
        this.clock = Clock.fixed(now, ZoneOffset.UTC);
    }

    /** Returns the exit code; what was said before is forgotten. */
    int run(String... arguments) {
        out = new StringWriter();
        err = new StringWriter();
        return new CommandLine(new WarrantCommand(log, clock))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    String out() {
        return out.toString();
    }

    String err() {
        return err.toString();
    }

    JsonNode json() {
        return Answer.JSON.readTree(out());
    }
}
