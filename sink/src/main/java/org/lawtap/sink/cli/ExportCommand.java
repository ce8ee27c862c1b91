package org.lawtap.sink.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.channels.Channels;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.PacketContainer;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.sink.live.ContentLook;
import org.lawtap.sink.live.LiveCaptureException;
import org.lawtap.sink.rebuild.LogRecord;
import org.lawtap.sink.rebuild.RebuildException;
import org.lawtap.sink.rebuild.RecordLog;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lawtap export}: a warrant's packet records, decrypted, for stock tools. */
@Command(
        name = "export",
        sortOptions = false,
        description =
                "Write a warrant's packet records, decrypted, as one Avro container file that stock tools read. What comes"
                        + " out is no evidence, and custody is told who looked.",
        footer = {
            "",
            "Needs LAWTAP_KAFKA_BOOTSTRAP_SERVERS, LAWTAP_KAFKA_CLIENT_PROPERTIES with the certificate of somebody who may read the"
                    + " warrant's topic and write to custody, and LAWTAP_DELIVERY_KEYS_DIR with WARRANT.key.pem. Reads what is in"
                    + " the topic when it begins, without a consumer group.",
            "Exit codes: 0 written; 1 not written; 2 wrong arguments; 3 written, but records that can't be read were left out;"
                    + " 78 wrong settings."
        })
public final class ExportCommand implements Callable<Integer> {
    private static final int EXIT_FAILED = 1;
    private static final int EXIT_LEFT_OUT = 3;
    private static final int FETCH_BYTES = 4 << 20;
    private static final int OFFSETS_TOLD_MAX = 10;
    private static final String ACTOR = "export";
    private static final String STANDARD_OUTPUT = "-";
    private static final String PREFIX = "lawtap export: ";

    /** What was captured is nobody's but the owner's. */
    private static final String OWNER_ONLY = "rw-------";

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(names = "--warrant", required = true, paramLabel = "ID", description = "Whose packets.")
    String warrantId = "";

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FILE",
            description = "A new file, for its owner alone; - is standard output.")
    String out = "";

    @Override
    public Integer call() throws InterruptedException {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        PrintWriter err = line.getErr();
        try {
            WarrantId warrant = WarrantId.parse(warrantId);
            return export(warrant, LogReach.of("lawtap-export"), err);
        } catch (IllegalArgumentException e) {
            err.println(PREFIX + e.getMessage());
            return CommandLine.ExitCode.USAGE;
        } catch (StartException e) {
            err.println(PREFIX + e.getMessage());
            return ServiceMain.EXIT_CONFIG;
        } finally {
            err.flush();
        }
    }

    private int export(WarrantId warrant, LogReach reach, PrintWriter err) throws InterruptedException {
        try (RecordLog log = reach.open(warrant, FETCH_BYTES, Long.MAX_VALUE);
                OutputStream file = open();
                ContentLook look = ContentLook.begin(reach.kafka(), ACTOR, warrant, "EXPORT", log.first())) {
            RebuildMeter meter = new RebuildMeter(
                    "export", err, StandardError.isTerminal(), System::nanoTime, log.first(), log.end());
            Copy copy = new Copy(log, meter);
            try (PacketContainer container = PacketContainer.begin(file)) {
                copy.run(container);
            } finally {
                meter.done();
                look.ended(copy.next);
            }
            copy.tell(Topic.packets(warrant).name(), err);
            return copy.leftOut == 0 ? CommandLine.ExitCode.OK : EXIT_LEFT_OUT;
        } catch (FileAlreadyExistsException e) {
            throw new IllegalArgumentException("--out " + out + " is there already; nothing is overwritten", e);
        } catch (RebuildException | LiveCaptureException e) {
            err.println(PREFIX + e.getMessage());
        } catch (IOException e) {
            err.println(PREFIX + "--out " + out + " can't be written: " + e.getMessage());
        }
        err.println(PREFIX + "what stands in " + (out.equals(STANDARD_OUTPUT) ? "the output" : out) + " is incomplete");
        return EXIT_FAILED;
    }

    private OutputStream open() throws IOException {
        if (out.equals(STANDARD_OUTPUT)) {
            return new FilterOutputStream(System.out) {
                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    out.write(bytes, from, length);
                }

                @Override
                public void close() throws IOException {
                    // It is not ours to close.
                    flush();
                }
            };
        }
        return Channels.newOutputStream(Files.newByteChannel(
                Path.of(out),
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY))));
    }

    /** One pass over a log. Owned by one thread. */
    private static final class Copy {
        private final RecordLog log;
        private final RebuildMeter meter;
        private final List<Long> offsetsLeftOut = new ArrayList<>();
        private long next;
        private long records;
        private long bytes;
        private long leftOut;

        Copy(RecordLog log, RebuildMeter meter) {
            this.log = log;
            this.meter = meter;
            this.next = log.first();
        }

        void run(PacketContainer to) throws IOException, RebuildException, InterruptedException {
            for (List<LogRecord> some = log.next(); !some.isEmpty(); some = log.next()) {
                for (LogRecord record : some) {
                    add(record, to);
                    next = record.offset() + 1;
                    meter.read(next, records, bytes);
                }
            }
        }

        private void add(LogRecord record, PacketContainer to) throws IOException {
            byte @Nullable [] value = record.value();
            try {
                to.add(value);
                records++;
                bytes += value == null ? 0 : value.length;
            } catch (WireException e) {
                leftOut++;
                if (offsetsLeftOut.size() < OFFSETS_TOLD_MAX) {
                    offsetsLeftOut.add(record.offset());
                }
            }
        }

        void tell(String topic, PrintWriter to) {
            to.println(String.format(
                    Locale.ROOT,
                    "%s, offsets %d to %d: %,d records of %,d bytes",
                    topic,
                    log.first(),
                    next - 1,
                    records,
                    bytes));
            if (leftOut > 0) {
                to.println(String.format(
                        Locale.ROOT,
                        "%,d left out that are no packet records, or are encrypted for a key that no order names: offsets %s%s",
                        leftOut,
                        offsetsLeftOut.stream().map(String::valueOf).collect(Collectors.joining(", ")),
                        leftOut > offsetsLeftOut.size() ? " and so on" : ""));
            }
        }
    }
}
