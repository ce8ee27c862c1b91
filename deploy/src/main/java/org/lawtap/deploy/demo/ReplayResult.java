package org.lawtap.deploy.demo;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.lawtap.deploy.pod.CaptureFile;
import org.lawtap.deploy.pod.CaptureFileException;
import org.lawtap.deploy.pod.PodProcess;
import org.lawtap.sink.pcapng.PcapngReader;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a replay proved: the evidence holds the file's frames byte for byte and in order.
 *
 * @param matched frames of the input found in order, with the same bytes
 * @param own frames that the pod's kernel sent or got by itself
 */
record ReplayResult(
        String file, long frames, PodProcess.Replayed replayed, long matched, long own, Optional<String> difference) {
    private static final int FLAG_DIRECTION = 3;
    private static final int FLAG_INBOUND = 1;
    private static final int HEADER_BYTES = 14;
    private static final int TAG_BYTES = 4;

    boolean identical() {
        return difference.isEmpty() && matched == replayed.sent() && replayed.dropped() == 0;
    }

    /** Compares the evidence with the input, frame by frame; neither is loaded whole. */
    static ReplayResult compare(
            java.nio.file.Path input,
            int mtu,
            PodProcess.Replayed replayed,
            List<EvidenceFile> evidence,
            ByteBuffer podAddress)
            throws DemoException {
        try (CaptureFile file = CaptureFile.open(input)) {
            Matcher matcher = new Matcher(file, mtu, replayed, podAddress);
            for (EvidenceFile part : evidence) {
                part.read((session, frame) -> matcher.match(frame));
            }
            return matcher.result(input.toString());
        } catch (CaptureFileException e) {
            throw new DemoException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Walks through the input as the evidence goes on. */
    private static final class Matcher {
        private final CaptureFile input;
        private final int mtu;
        private final PodProcess.Replayed replayed;
        private final ByteBuffer podAddress;
        private final Set<Long> skipped = new HashSet<>();
        private Optional<CaptureFile.Frame> expected;
        private Optional<String> difference = Optional.empty();
        private long frames;
        private long matched;
        private long own;

        Matcher(CaptureFile input, int mtu, PodProcess.Replayed replayed, ByteBuffer podAddress)
                throws CaptureFileException {
            this.input = input;
            this.mtu = mtu;
            this.replayed = replayed;
            this.podAddress = podAddress;
            replayed.named().forEach(frame -> skipped.add(frame.number()));
            this.expected = next();
        }

        void match(PcapngReader.Frame frame) {
            boolean fromPod = (frame.flags() & FLAG_DIRECTION) == FLAG_INBOUND;
            if (fromPod
                    && expected.isPresent()
                    && frame.data().equals(ByteBuffer.wrap(expected.get().bytes()))) {
                matched++;
                try {
                    expected = next();
                } catch (CaptureFileException e) {
                    differ(String.valueOf(e.getMessage()));
                }
            } else if (!fromPod || EvidenceFile.comesFrom(frame.data(), podAddress)) {
                own++;
            } else {
                differ("packet " + frame.id() + " of the evidence is neither the input's next frame "
                        + expected.map(next -> String.valueOf(next.number())).orElse("(there is none)")
                        + " nor the pod's kernel's own");
            }
        }

        ReplayResult result(String name) throws CaptureFileException {
            if (expected.isPresent()) {
                differ("frame " + expected.get().number() + " of the input and those after it are not in the evidence");
            }
            while (expected.isPresent()) {
                expected = next();
            }
            return new ReplayResult(name, frames, replayed, matched, own, difference);
        }

        /** The next frame that was sent. */
        private Optional<CaptureFile.Frame> next() throws CaptureFileException {
            Optional<CaptureFile.Frame> frame = input.next();
            while (frame.isPresent()) {
                frames++;
                int length = frame.get().bytes().length;
                boolean fits = length >= HEADER_BYTES && length <= mtu + HEADER_BYTES + TAG_BYTES;
                if (fits && !skipped.contains(frame.get().number())) {
                    return frame;
                }
                frame = input.next();
            }
            return frame;
        }

        private void differ(String what) {
            if (difference.isEmpty()) {
                difference = Optional.of(what);
            }
        }
    }

    void write(ObjectNode json) {
        json.put("file", file);
        json.put("frames", frames);
        json.put("sent", replayed.sent());
        json.put("identicalInOrder", matched);
        json.put("skipped", replayed.skipped());
        json.put("dropped", replayed.dropped());
        json.put("ownKernelFrames", own);
        json.put("difference", difference.orElse(null));
        ArrayNode named = json.putArray("skippedFrames");
        for (PodProcess.SkippedFrame frame : replayed.named()) {
            named.addObject()
                    .put("number", frame.number())
                    .put("length", frame.length())
                    .put("reason", frame.reason());
        }
    }
}
