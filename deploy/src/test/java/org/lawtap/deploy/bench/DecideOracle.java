package org.lawtap.deploy.bench;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;

/**
 * What was published about pods and warrants, and what follows from it for every pair of them at every time. Knows nothing of the
 * topology: it is computed from the facts alone, when all is over. Facts, commands and lives of the service may each be told by a thread
 * of its own.
 *
 * <p>The two kinds of facts come to the deciding service on different ways, so for a while, {@link #SLACK} of the time that it is up,
 * a command may rest on what was true a moment ago. Outside of such whiles exactly what follows from the facts must run.
 */
final class DecideOracle {
    /** Of the time that the deciding service is up; what a busy machine may take for a decision, and a cold JVM for what waits. */
    static final Duration SLACK = Duration.ofSeconds(10);

    private static final int PROBLEMS_MAX = 20;

    private final Map<String, List<PodFact>> pods = new LinkedHashMap<>();
    private final Map<WarrantId, List<OrderFact>> orders = new LinkedHashMap<>();
    private final Map<Pair, List<Said>> said = new HashMap<>();
    private final List<Instant> ups = new ArrayList<>();
    private final List<Instant> downs = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private Duration latest = Duration.ZERO;

    /** From a time on. @param node null before it is scheduled @param over gone, or its containers have ended */
    record PodFact(
            Instant at,
            String namespace,
            String app,
            @Nullable String node,
            boolean over) {}

    /** From a time on. */
    record OrderFact(
            Instant at,
            long generation,
            String namespace,
            String app,
            Instant notBefore,
            Instant notAfter,
            boolean revoked) {}

    /** A command as it was read. */
    record Said(boolean start, long generation, String node, Instant issuedAt, Instant arrivedAt) {}

    private record Pair(WarrantId warrant, String pod) {}

    /** What runs. */
    private record Capture(long generation, String node) {}

    void pod(String uid, PodFact fact) {
        pods.computeIfAbsent(uid, none -> new ArrayList<>()).add(fact);
    }

    void order(WarrantId warrant, OrderFact fact) {
        orders.computeIfAbsent(warrant, none -> new ArrayList<>()).add(fact);
    }

    void said(WarrantId warrant, String pod, Said command) {
        said.computeIfAbsent(new Pair(warrant, pod), none -> new ArrayList<>()).add(command);
    }

    /** The deciding service decides from now on. */
    void up(Instant at) {
        ups.add(at);
    }

    /** It was killed. */
    void down(Instant at) {
        downs.add(at);
    }

    /** The longest that a command was due while the service was up, until it was read. */
    Duration latest() {
        return latest;
    }

    /** Compares what was said with what follows from the facts; the first problems, as sentences. */
    List<String> problems(Instant end) {
        said.keySet().stream()
                .filter(pair -> !orders.containsKey(pair.warrant()) || !pods.containsKey(pair.pod()))
                .forEach(pair -> problem("commands about " + pair + ", of which no fact speaks"));
        orders.forEach((warrant, its) -> pods.forEach((uid, lives) -> {
            List<Said> commands = said.getOrDefault(new Pair(warrant, uid), List.of());
            if (!commands.isEmpty() || meet(its, lives)) {
                compare(new Pair(warrant, uid), its, lives, commands, end);
            }
        }));
        return List.copyOf(problems);
    }

    private static boolean meet(List<OrderFact> its, List<PodFact> lives) {
        return its.stream()
                .anyMatch(order -> lives.stream()
                        .anyMatch(pod -> pod.namespace().equals(order.namespace())
                                && pod.app().equals(order.app())));
    }

    private void compare(Pair pair, List<OrderFact> its, List<PodFact> lives, List<Said> commands, Instant end) {
        Capture runs = null;
        for (Said command : commands) {
            Capture meant = new Capture(command.generation(), command.node());
            if (command.start() && runs != null) {
                problem("START " + meant + " of " + pair + " while " + runs + " runs");
            } else if (!command.start() && !meant.equals(runs)) {
                problem("STOP " + meant + " of " + pair + " while " + runs + " runs");
            }
            if (!rests(command, its, lives)) {
                problem(command + " of " + pair + " rests on nothing that was true lately: " + its + ", " + lives);
            }
            runs = command.start() ? meant : null;
        }
        Instant from = Instant.MIN;
        Capture before = null;
        Capture wanted = null;
        for (Instant at : changes(its, lives)) {
            measure(commands, before, wanted, from, settled(pair, commands, wanted, from, at));
            before = wanted;
            wanted = wanted(its, lives, at);
            from = at;
        }
        measure(commands, before, wanted, from, settled(pair, commands, wanted, from, end));
    }

    /** How late the command came that a change called for, where there was time for it. */
    private void measure(
            List<Said> commands, @Nullable Capture before, @Nullable Capture wanted, Instant from, boolean settled) {
        if (settled && !Objects.equals(before, wanted)) {
            commands.stream()
                    .map(Said::arrivedAt)
                    .filter(at -> at.isAfter(from) && !at.isAfter(deadline(from)))
                    .map(at -> upTime(from, at))
                    .filter(late -> late.compareTo(latest) > 0)
                    .forEach(late -> latest = late);
        }
    }

    /**
     * Between a change of the facts and the next one, when there was time for it: what is wanted runs, and nobody says anything. Returns
     * whether there was time.
     */
    private boolean settled(Pair pair, List<Said> commands, @Nullable Capture wanted, Instant from, Instant until) {
        Instant due = from.equals(Instant.MIN) ? from : deadline(from);
        if (!due.isBefore(until)) {
            return false;
        }
        Capture runs = null;
        for (Said command : commands) {
            if (command.arrivedAt().isAfter(due)) {
                if (command.arrivedAt().isBefore(until)) {
                    problem(command + " of " + pair + " came when nothing had changed since " + from);
                }
            } else {
                runs = command.start() ? new Capture(command.generation(), command.node()) : null;
            }
        }
        if (!Objects.equals(runs, wanted)) {
            problem("of " + pair + " " + wanted + " is wanted since " + from + ", and at " + due + " " + runs
                    + " runs");
        }
        return true;
    }

    /** Whether what was true lately calls for the command. */
    private boolean rests(Said command, List<OrderFact> its, List<PodFact> lives) {
        Instant now = command.issuedAt();
        Instant since = lately(now);
        Capture meant = new Capture(command.generation(), command.node());
        boolean unknown =
                its.getFirst().at().isAfter(since) || lives.getFirst().at().isAfter(since);
        if (!command.start() && unknown) {
            return true;
        }
        for (int i = 0; i < its.size(); i++) {
            for (int k = 0; k < lives.size(); k++) {
                if (valid(its.get(i).at(), i + 1 < its.size() ? its.get(i + 1).at() : null, since, now)
                        && valid(
                                lives.get(k).at(),
                                k + 1 < lives.size() ? lives.get(k + 1).at() : null,
                                since,
                                now)
                        && meant.equals(wanted(its.get(i), lives.get(k), now)) == command.start()) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean valid(Instant from, @Nullable Instant until, Instant since, Instant now) {
        return !from.isAfter(now) && (until == null || !until.isBefore(since));
    }

    private static SortedSet<Instant> changes(List<OrderFact> its, List<PodFact> lives) {
        SortedSet<Instant> changes = new TreeSet<>();
        for (OrderFact order : its) {
            changes.add(order.at());
            changes.add(order.notBefore());
            changes.add(order.notAfter());
        }
        lives.forEach(pod -> changes.add(pod.at()));
        return changes;
    }

    private static @Nullable Capture wanted(List<OrderFact> its, List<PodFact> lives, Instant at) {
        OrderFact order = null;
        for (OrderFact each : its) {
            order = each.at().isAfter(at) ? order : each;
        }
        PodFact pod = null;
        for (PodFact each : lives) {
            pod = each.at().isAfter(at) ? pod : each;
        }
        return order == null || pod == null ? null : wanted(order, pod, at);
    }

    private static @Nullable Capture wanted(OrderFact order, PodFact pod, Instant at) {
        boolean wanted = !order.revoked()
                && !at.isBefore(order.notBefore())
                && at.isBefore(order.notAfter())
                && !pod.over()
                && pod.namespace().equals(order.namespace())
                && pod.app().equals(order.app());
        String node = pod.node();
        return wanted && node != null ? new Capture(order.generation(), node) : null;
    }

    /** When the service was up for {@link #SLACK} since then; for ever if that was not. */
    private Instant deadline(Instant from) {
        Duration left = SLACK;
        for (int i = 0; i < ups.size(); i++) {
            Instant begin = later(ups.get(i), from);
            Instant end = i < downs.size() ? downs.get(i) : Instant.MAX;
            if (begin.isBefore(end)) {
                if (end.equals(Instant.MAX) || left.compareTo(Duration.between(begin, end)) <= 0) {
                    return begin.plus(left);
                }
                left = left.minus(Duration.between(begin, end));
            }
        }
        return Instant.MAX;
    }

    /** The time before which the service was up for {@link #SLACK} until now. */
    private Instant lately(Instant now) {
        Duration left = SLACK;
        for (int i = ups.size() - 1; i >= 0; i--) {
            Instant end = i < downs.size() && downs.get(i).isBefore(now) ? downs.get(i) : now;
            if (ups.get(i).isBefore(end)) {
                Duration span = Duration.between(ups.get(i), end);
                if (left.compareTo(span) <= 0) {
                    return end.minus(left);
                }
                left = left.minus(span);
            }
        }
        return Instant.MIN;
    }

    private Duration upTime(Instant from, Instant until) {
        Duration sum = Duration.ZERO;
        for (int i = 0; i < ups.size(); i++) {
            Instant begin = later(ups.get(i), from);
            Instant end = i < downs.size() && downs.get(i).isBefore(until) ? downs.get(i) : until;
            sum = begin.isBefore(end) ? sum.plus(Duration.between(begin, end)) : sum;
        }
        return sum;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private void problem(String sentence) {
        if (problems.size() < PROBLEMS_MAX) {
            problems.add(sentence);
        }
    }
}
