package org.lawtap.deploy.faults;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Which fault when, and what is done meanwhile: a function of the seed and the length alone.
 *
 * @param faults by their beginnings
 * @param acts by their times
 * @param endMs when all faults are over
 */
record Plan(long seed, long endMs, List<Fault> faults, List<Act> acts) {
    private static final int CALM_FIRST_MS = 8_000;
    private static final int BETWEEN_MS_MIN = 1_500;
    private static final int BETWEEN_MS_MAX = 6_000;
    private static final int SHORT_MS_MIN = 500;
    private static final int SHORT_MS_MAX = 6_000;
    private static final int LONG_MS_MIN = 10_000;
    private static final int LONG_MS_MAX = 25_000;
    private static final int STEP_SECONDS_MIN = 5;
    private static final int STEP_SECONDS_MAX = 45;
    private static final int POD_MS_MIN = 18_000;
    private static final int POD_MS_MAX = 30_000;
    private static final int LONG_ONE_IN = 5;
    private static final long MS_PER_MINUTE = 60_000;

    /** How often each kind is drawn, of a hundred. */
    private static final Map<Fault.Kind, Integer> SHARES = new EnumMap<>(Map.of(
            Fault.Kind.KILL, 34,
            Fault.Kind.STOP, 20,
            Fault.Kind.CUT, 22,
            Fault.Kind.DISK_FULL, 12,
            Fault.Kind.CLOCK, 12));

    Plan {
        faults = List.copyOf(faults);
        acts = List.copyOf(acts);
    }

    static Plan of(long seed, int minutes) {
        Random random = new Random(seed);
        long end = minutes * MS_PER_MINUTE;
        List<Fault> faults = new ArrayList<>();
        long at = CALM_FIRST_MS;
        while (at < end - SHORT_MS_MAX) {
            Fault.Kind kind = kind(random);
            List<Party> parties = parties(kind);
            Party party = parties.get(random.nextInt(parties.size()));
            boolean lasts =
                    kind == Fault.Kind.DISK_FULL || kind == Fault.Kind.CLOCK || random.nextInt(LONG_ONE_IN) == 0;
            long length = lasts
                    ? random.nextInt(LONG_MS_MIN, LONG_MS_MAX + 1)
                    : random.nextInt(SHORT_MS_MIN, SHORT_MS_MAX + 1);
            length = Math.min(length, end - at);
            int step = random.nextInt(STEP_SECONDS_MIN, STEP_SECONDS_MAX + 1) * (random.nextBoolean() ? 1 : -1);
            Fault fault = new Fault(at, length, kind, party, kind == Fault.Kind.CLOCK ? step : 0);
            if (faults.stream().noneMatch(before -> before.party() == party && before.endMs() > fault.atMs())) {
                faults.add(fault);
                if (kind == Fault.Kind.DISK_FULL && party == Party.WORKER) {
                    // Nothing waits on the worker's disk as long as Kafka takes all.
                    faults.add(new Fault(at, length, Fault.Kind.CUT, Party.WORKER, 0));
                }
            }
            at += random.nextInt(BETWEEN_MS_MIN, BETWEEN_MS_MAX + 1);
        }
        return new Plan(seed, end, faults, acts(random, end));
    }

    private static List<Act> acts(Random random, long end) {
        List<Act> acts = new ArrayList<>();
        acts.add(new Act(around(random, end, 25), Act.Kind.ACTIVATE, 0));
        acts.add(new Act(around(random, end, 40), Act.Kind.AMEND, 0));
        acts.add(new Act(around(random, end, 60), Act.Kind.REVOKE, 0));
        long at = CALM_FIRST_MS;
        for (int pod = 1; at + POD_MS_MIN < end; pod++) {
            long goes = at + random.nextInt(POD_MS_MIN, POD_MS_MAX + 1);
            acts.add(new Act(at, Act.Kind.POD_COMES, pod));
            acts.add(new Act(goes, Act.Kind.POD_GOES, pod));
            at = goes + random.nextInt(BETWEEN_MS_MAX);
        }
        acts.sort(Comparator.comparingLong(Act::atMs));
        return acts;
    }

    private static long around(Random random, long end, int percent) {
        return end * (percent - 5 + random.nextInt(10)) / 100;
    }

    private static Fault.Kind kind(Random random) {
        int drawn = random.nextInt(100);
        for (Fault.Kind kind : Fault.Kind.values()) {
            drawn -= SHARES.getOrDefault(kind, 0);
            if (drawn < 0) {
                return kind;
            }
        }
        throw new IllegalStateException("the shares are no hundred");
    }

    private static List<Party> parties(Fault.Kind kind) {
        return switch (kind) {
            case KILL, STOP, CUT -> List.of(Party.values());
            case DISK_FULL -> List.of(Party.WORKER, Party.SINK);
            // The worker's is not stepped: the kernel gives packets their times, and it has one clock.
            case CLOCK -> List.of(Party.WATCHER, Party.WARRANTS, Party.SINK);
        };
    }
}
