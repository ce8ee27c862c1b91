package org.lawtap.deploy.faults;

import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.pod.NumberedSender.Numbered;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;

/**
 * Compares what the evidence holds, frame by frame, and what the system says of its captures with what really happened. Knows no file, no
 * Kafka and no clock; one thread.
 */
final class Checker {
    private static final int PROBLEMS_MAX = 50;

    private final Truth truth;
    private final Found found;
    private final Map<String, Found.Session> sessions = new HashMap<>();
    private final Map<String, Truth.Life> lives = new HashMap<>();
    private final Map<String, Kept> kept = new HashMap<>();
    private final Map<Seen, BitSet> seen = new HashMap<>();
    private final List<String> problems = new ArrayList<>();
    private long more;

    /** Which frames of one way were filed under a warrant at one interface. */
    private record Seen(WarrantId warrant, String interfaceName, Truth.Way way) {}

    /** What the files hold of a session. */
    private static final class Kept {
        private final Map<Truth.Way, BitSet> numbers = new HashMap<>();
        private final Map<Truth.Way, Long> last = new HashMap<>();
        private long frames;
    }

    /** What became of all packets of a life under one warrant. */
    record Row(String pod, WarrantId warrant, Map<PacketClass, Long> packets, long sent) {
        Row {
            packets = Map.copyOf(packets);
        }

        /** In no class. */
        long lost() {
            return sent - packets.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /** The verdict. @param problems sentences; none means that nothing was lost without a trace, doubled, or kept against the law */
    record Verdict(List<Row> rows, List<String> problems) {
        Verdict {
            rows = List.copyOf(rows);
            problems = List.copyOf(problems);
        }

        long of(PacketClass one) {
            return rows.stream()
                    .mapToLong(row -> row.packets().getOrDefault(one, 0L))
                    .sum();
        }

        long sent() {
            return rows.stream().mapToLong(Row::sent).sum();
        }

        long lost() {
            return rows.stream().mapToLong(row -> Math.abs(row.lost())).sum();
        }
    }

    Checker(Truth truth, Found found) {
        this.truth = truth;
        this.found = found;
        found.sessions().forEach(session -> sessions.put(session.id(), session));
        truth.lives().forEach(life -> lives.put(life.interfaceName(), life));
    }

    /** Takes the next frame of a warrant's files, in their order. @param numbered empty for a frame that none of the pods sent */
    void frame(WarrantId warrant, String session, Optional<Numbered> numbered, Instant time) {
        Found.Session its = sessions.get(session);
        if (its == null || !its.warrant().equals(warrant)) {
            problem("a file of warrant " + warrant + " holds a packet of session " + session + ", which is not its");
            return;
        }
        Kept here = kept.computeIfAbsent(session, id -> new Kept());
        here.frames++;
        Truth.Life life = lives.get(its.interfaceName());
        if (life == null || !life.warrants().contains(warrant)) {
            problem("over-collection: session " + session + " is of interface " + its.interfaceName()
                    + ", which is no target's of warrant " + warrant);
            return;
        }
        window(warrant, session, time);
        if (numbered.isEmpty()) {
            problem("over-collection: session " + session + " holds a frame that none of its pods sent");
            return;
        }
        number(its, life, here, numbered.get());
    }

    private void window(WarrantId warrant, String session, Instant time) {
        Truth.Window window = truth.windows().get(warrant);
        if (window == null || time.isBefore(window.from()) || !time.isBefore(window.until())) {
            problem("over-collection: session " + session + " holds a packet of " + time
                    + ", outside of its warrant's window");
        } else if (window.revokedBy() != null && time.isAfter(window.revokedBy())) {
            problem("over-collection: session " + session + " holds a packet of " + time
                    + ", and the revocation must have been obeyed by " + window.revokedBy());
        }
    }

    private void number(Found.Session session, Truth.Life life, Kept here, Numbered frame) {
        Truth.Way way = Truth.Way.of(frame);
        Long passed = life.passed().get(way);
        if (passed == null || frame.number() >= passed) {
            problem("over-collection: session " + session.id() + " holds frame " + frame.number() + " from "
                    + frame.marker() + " to " + frame.mac() + ", which did not pass its interface");
            return;
        }
        int number = Math.toIntExact(frame.number());
        BitSet all =
                seen.computeIfAbsent(new Seen(session.warrant(), session.interfaceName(), way), key -> new BitSet());
        if (all.get(number)) {
            problem("duplicate: frame " + number + " of pod " + life.pod() + " is twice in the files of warrant "
                    + session.warrant() + ", now in session " + session.id());
        }
        all.set(number);
        here.numbers.computeIfAbsent(way, key -> new BitSet()).set(number);
        Long before = here.last.put(way, frame.number());
        if (before != null && before >= frame.number()) {
            problem("disorder: session " + session.id() + " holds frame " + number + " after frame " + before);
        }
    }

    /** Says what it found, when all files were read. */
    Verdict end() {
        List<Row> rows = new ArrayList<>();
        for (Truth.Life life : truth.lives()) {
            if (life.sent() != life.counted()) {
                problem("the ground is not firm: pod " + life.pod() + " and its peers sent " + life.sent()
                        + " frames, and its kernel counted " + life.counted());
            }
            for (WarrantId warrant : life.warrants()) {
                Truth.Window window = truth.windows().get(warrant);
                // A pod that was gone when the warrant came is none of its packets'.
                if (window != null && window.from().isBefore(life.ended())) {
                    rows.add(row(life, warrant));
                }
            }
        }
        for (Found.Session session : found.sessions()) {
            account(session);
        }
        if (more > 0) {
            problems.add("and " + more + " more");
        }
        return new Verdict(rows, problems);
    }

    private Row row(Truth.Life life, WarrantId warrant) {
        Map<PacketClass, Long> packets = new EnumMap<>(PacketClass.class);
        List<Found.Session> its = found.sessions().stream()
                .filter(session -> session.warrant().equals(warrant)
                        && session.interfaceName().equals(life.interfaceName()))
                .sorted(Comparator.comparingLong(Found.Session::atArm))
                .toList();
        long at = 0;
        Found.Session before = null;
        for (Found.Session session : its) {
            long gap = session.atArm() - at;
            if (gap < 0) {
                problem("session " + session.id() + " begins at packet " + session.atArm()
                        + " of its interface, and the one before reaches packet " + at);
            }
            add(packets, before == null ? PacketClass.BEFORE_ARM : PacketClass.BETWEEN, gap);
            stated(session, before, gap);
            at = session.atArm() + take(session, packets);
            Checkpoint last = session.last();
            if (last != null && last.endReason() != null) {
                at = last.interfaceNow().tapped();
            }
            holes(session);
            before = session;
        }
        if (before == null) {
            add(packets, told(life, warrant) ? PacketClass.NEVER_CAPTURED : PacketClass.UNHEARD, life.sent());
        } else {
            long rest = life.sent() - at;
            if (rest < 0) {
                problem("the sessions of pod " + life.pod() + " account for " + at + " packets of " + life.sent());
            }
            add(packets, before.ended() ? PacketClass.AFTER_END : PacketClass.CUT_OFF, rest);
        }
        standing(life, warrant, before);
        Row row = new Row(life.pod(), warrant, packets, life.sent());
        if (row.lost() != 0) {
            problem("undetected loss: of " + row.sent() + " packets of pod " + life.pod() + " under warrant " + warrant
                    + " " + row.lost() + " are in no class: " + row.packets());
        }
        return row;
    }

    /** Counts a session's packets by class; returns how many that are. */
    private long take(Found.Session session, Map<PacketClass, Long> packets) {
        long files = frames(session);
        long sum = add(packets, PacketClass.KEPT, files);
        sum += add(packets, PacketClass.LATE, session.inLog() - session.sealed());
        Checkpoint last = session.last();
        if (last != null) {
            sum += add(packets, PacketClass.KERNEL_DROP, last.kernelDrop());
            sum += add(packets, PacketClass.USER_DROP, last.userDrop());
            sum += add(packets, PacketClass.OUT_OF_SCOPE, last.outOfScopeDiscarded());
            sum += add(packets, PacketClass.UNSEEN, last.unseenByTap());
        }
        return sum;
    }

    private static long add(Map<PacketClass, Long> packets, PacketClass one, long count) {
        if (count != 0) {
            packets.merge(one, count, Long::sum);
        }
        return count;
    }

    /** What lies between two sessions must be said by custody, to the packet. */
    private void stated(Found.Session session, Found.@Nullable Session before, long gap) {
        Long said = found.gaps().get(session.id());
        if (session.previous() == null) {
            return;
        }
        if (said == null) {
            problem("session " + session.id() + " goes on from " + session.previous()
                    + ", and custody does not say how many packets lie between");
        } else if (before != null && before.id().equals(session.previous()) && said != gap) {
            problem("custody says that " + said + " packets lie before session " + session.id() + ", and " + gap
                    + " do");
        }
    }

    /** Inside a session no frame is missing that its account does not know of. */
    private void holes(Found.Session session) {
        Kept here = kept.get(session.id());
        if (here == null) {
            return;
        }
        long missing = 0;
        for (BitSet numbers : here.numbers.values()) {
            missing += numbers.length() - numbers.nextSetBit(0) - numbers.cardinality();
        }
        Checkpoint last = session.last();
        long known = last == null
                ? 0
                : last.kernelDrop() + last.userDrop() + last.outOfScopeDiscarded() + last.unseenByTap();
        if (missing > known) {
            problem("undetected loss: " + missing + " frames are missing inside session " + session.id()
                    + ", and its account knows of " + known);
        }
    }

    /** The equation, and that the files hold what was delivered. */
    private void account(Found.Session session) {
        long files = frames(session);
        if (files != session.sealed()) {
            problem((files < session.sealed() ? "undetected loss: " : "duplicate: ") + "of session " + session.id()
                    + " the files hold " + files + " packets, and the log " + session.sealed() + " up to the seal");
        }
        if (session.missing() > 0) {
            problem("session " + session.id() + ": " + session.missing()
                    + " packets that the worker delivered are not in the log");
        }
        Checkpoint last = session.last();
        if (last == null || last.endReason() == null) {
            return;
        }
        if (last.delivered() != session.inLog()) {
            problem("session " + session.id() + ": the worker delivered " + last.delivered() + " packets, the log has "
                    + session.inLog());
        }
        if (last.interfaceExact() && last.unaccounted() != 0) {
            problem("session " + session.id() + ": " + last.unaccounted()
                    + " packets of its interface are in no class");
        }
    }

    /** A capture whose warrant stood until its end must have come back from every fault. */
    private void standing(Truth.Life life, WarrantId warrant, Found.@Nullable Session last) {
        Truth.Capture capture = new Truth.Capture(warrant, life.interfaceName());
        if (last == null && truth.expected().contains(capture)) {
            problem("pod " + life.pod() + " was never captured under warrant " + warrant + ", though nothing befell the"
                    + " system for long enough"
                    + (told(life, warrant) ? "; custody tells of the pod" : ", and nobody says why"));
        }
        if (truth.standing().contains(capture)) {
            StopReason reason =
                    last == null || last.last() == null ? null : last.last().endReason();
            if (reason != StopReason.WARRANT_ENDED) {
                problem("the capture of pod " + life.pod() + " under warrant " + warrant
                        + " did not come back after the faults: its last session ended by " + reason);
            }
        }
    }

    private boolean told(Truth.Life life, WarrantId warrant) {
        return found.told().contains(warrant + "/" + life.pod());
    }

    private long frames(Found.Session session) {
        Kept here = kept.get(session.id());
        return here == null ? 0 : here.frames;
    }

    private void problem(String sentence) {
        if (problems.size() < PROBLEMS_MAX) {
            problems.add(sentence);
        } else {
            more++;
        }
    }
}
