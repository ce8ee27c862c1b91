package org.lawtap.worker.command;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.SignedOrder;

/**
 * The newest generation of each warrant that this node was told of. An older one stays properly signed for ever: whoever sends its
 * START again must start nothing with it, and neither with one that was revoked. A generation counts only with valid signatures, or
 * a forged one would end a warrant. Owned by one thread.
 */
final class Generations {
    private final Map<WarrantId, Long> newest = new HashMap<>();
    private final Map<WarrantId, Long> revoked = new HashMap<>();
    private final Map<WarrantId, NavigableMap<Long, Set<SignedOrder>>> past = new HashMap<>();

    /** Takes a command of the past, unchecked. */
    void fold(Command command) {
        switch (command) {
            case Command.Start start ->
                past.computeIfAbsent(start.capture().warrant(), none -> new TreeMap<>(Comparator.reverseOrder()))
                        // All of them: a forged one must not hide the real one.
                        .computeIfAbsent(start.capture().generation(), none -> new LinkedHashSet<>())
                        .add(start.order());
            case Command.Stop stop -> stopped(stop);
            case Command.Renew ignored -> {}
        }
    }

    /** The past is over: of each warrant the newest generation counts whose signatures hold. */
    void goLive(BiPredicate<SignedOrder, Instant> valid, Instant now) {
        past.forEach((warrant, generations) -> generations.entrySet().stream()
                .filter(orders -> orders.getValue().stream().anyMatch(order -> valid.test(order, now)))
                .findFirst()
                .ifPresent(orders -> newest.merge(warrant, orders.getKey(), Math::max)));
        past.clear();
    }

    /** A START of this capture passed all other checks. Returns why it may not be followed, if it may not. */
    Optional<String> refuse(CaptureKey capture) {
        long known = newest.getOrDefault(capture.warrant(), 0L);
        if (capture.generation() < known) {
            return Optional.of("it is generation " + capture.generation() + " of the warrant, and generation " + known
                    + " took its place");
        }
        if (capture.generation() <= revoked.getOrDefault(capture.warrant(), 0L)) {
            return Optional.of("generation " + capture.generation() + " of the warrant was revoked");
        }
        newest.put(capture.warrant(), capture.generation());
        return Optional.empty();
    }

    /** A STOP; one that says that the warrant was revoked counts for all that comes. */
    void stopped(Command.Stop stop) {
        if (stop.reason() == StopReason.WARRANT_REVOKED) {
            revoked.merge(stop.capture().warrant(), stop.capture().generation(), Math::max);
        }
    }
}
