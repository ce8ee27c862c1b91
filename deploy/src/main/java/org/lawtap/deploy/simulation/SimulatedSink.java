package org.lawtap.deploy.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.evidence.Refusal;

/** The sink: the real {@link EvidenceSeries} of each warrant. After a crash it reads from the beginning and compares. */
final class SimulatedSink {
    private static final long ROTATE_BYTES = 8 * 1024;

    private final Path directory;
    private final KafkaLog kafka;
    private final Fault fault;
    private final Map<WarrantId, Filing> filings = new LinkedHashMap<>();
    private boolean up = true;

    SimulatedSink(FileSystem files, KafkaLog kafka, Fault fault) {
        this.directory = files.getPath("/evidence");
        this.kafka = kafka;
        this.fault = fault;
    }

    boolean isUp() {
        return up;
    }

    /** Where a warrant's files are. */
    Path directory(WarrantId warrant) {
        return directory.resolve(warrant.toString());
    }

    void start() {
        up = true;
    }

    /** What was not written out is lost; it stays in the log. */
    void crash() {
        if (up) {
            up = false;
            filings.values().forEach(Filing::close);
            filings.clear();
        }
    }

    /** Files at most so many records of each warrant. @param writesOut whether all of it is written out, or some waits */
    void run(int recordsMax, boolean writesOut) {
        if (!up) {
            return;
        }
        kafka.packets.forEach((topic, records) -> {
            WarrantId warrant = filedAs(topic);
            if (warrant != null) {
                filings.computeIfAbsent(topic, any -> new Filing(warrant)).take(records, recordsMax, writesOut);
            }
        });
    }

    /** Ends the files. */
    void finish() {
        filings.values().forEach(Filing::close);
        filings.clear();
    }

    /** The warrant itself; where that is planted, its neighbour, or null until there is one. */
    private @Nullable WarrantId filedAs(WarrantId warrant) {
        if (fault != Fault.SINK_FILES_INTO_ANOTHER_WARRANT) {
            return warrant;
        }
        List<WarrantId> all = List.copyOf(kafka.packets.keySet());
        int neighbour = all.indexOf(warrant) ^ 1;
        return neighbour < all.size() ? all.get(neighbour) : null;
    }

    private final class Filing implements EvidenceSeries.Listener {
        private final EvidenceSeries series;
        private final WarrantId warrant;
        private int next;
        private boolean skipped;

        Filing(WarrantId warrant) {
            this.warrant = warrant;
            try {
                series = new EvidenceSeries(EvidenceFiles.rebuilt(directory, warrant), ROTATE_BYTES, this);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void take(List<byte[]> records, int recordsMax, boolean writesOut) {
            try {
                for (int i = 0; i < recordsMax && next < records.size(); i++) {
                    byte[] value = asPlanted(records.get(next));
                    if (value != null) {
                        series.accept(next, value);
                    }
                    next++;
                }
                if (writesOut) {
                    series.flush();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (EvidenceException e) {
                throw broken("the files differ from the log: " + e.getMessage());
            }
        }

        private byte @Nullable [] asPlanted(byte[] value) {
            try {
                return switch (fault) {
                    case SINK_SKIPS_A_BATCH -> {
                        boolean skips = !skipped && PacketCodec.decode(value) instanceof PacketEvent.Batch;
                        skipped |= skips;
                        yield skips ? null : value;
                    }
                    case SINK_FILES_INTO_ANOTHER_WARRANT ->
                        PacketCodec.decode(value) instanceof PacketEvent.Opened opened
                                ? PacketCodec.encode(new PacketEvent.Opened(opened.session(), renamed(opened)))
                                : value;
                    default -> value;
                };
            } catch (WireException e) {
                throw new IllegalStateException(e);
            }
        }

        /** The same opening, as if it were of the warrant that is filed here. */
        private SessionOpened renamed(PacketEvent.Opened opened) {
            SessionOpened of = opened.statement();
            return new SessionOpened(
                    warrant,
                    of.generation(),
                    of.previousSession(),
                    of.pod(),
                    of.node(),
                    of.interfaceName(),
                    of.interfaceIndex(),
                    of.podInterfaceName(),
                    of.podHardwareAddress(),
                    of.networkNamespace(),
                    of.bootId(),
                    of.kernel(),
                    of.engine(),
                    of.linkType(),
                    of.snapLength(),
                    of.filter(),
                    of.headersOnly(),
                    of.openedAtNs(),
                    of.missedBeforeArm(),
                    of.signingKey(),
                    of.interfaceAtArm());
        }

        void close() {
            try {
                series.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private BrokenException broken(String how) {
            return new BrokenException(Invariant.EACH_PACKET_IN_ONE_CLASS, "the sink: " + how);
        }

        @Override
        public void filed(SessionId session, String file, long packets, long missing, Checkpoint last) {
            if (fault != Fault.SINK_FILES_INTO_ANOTHER_WARRANT && missing > 0) {
                throw broken(missing + " packets of an ended session are missing from the log");
            }
        }

        @Override
        public void continued(SessionId session, SessionId previous, long notFiled, boolean sameInterface) {}

        @Override
        public void refused(@Nullable SessionId session, long offset, Refusal why) {
            throw broken("record " + offset + " is left out: " + why);
        }

        @Override
        public void integrity(SessionId session, long from, long to, String problem) {
            if (fault != Fault.SINK_FILES_INTO_ANOTHER_WARRANT) {
                throw broken("the chain has a fault at records " + from + " to " + to + ": " + problem);
            }
        }

        @Override
        public void complete(EvidenceSeries.FilePair files) {}
    }
}
