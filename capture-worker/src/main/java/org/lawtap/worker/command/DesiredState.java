package org.lawtap.worker.command;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.order.SignedOrder;

/**
 * Commands folded into what is wanted and not yet taken: started and not stopped. A START under another order than the one before
 * says nothing about that one, as it may be forged. Pure.
 */
final class DesiredState {
    private final Map<CaptureKey, Map<SignedOrder, Command.Start>> wanted = new LinkedHashMap<>();

    void fold(Command command) {
        switch (command) {
            case Command.Start start ->
                wanted.computeIfAbsent(start.capture(), key -> new LinkedHashMap<>())
                        .merge(start.order(), start, (known, again) -> leased(known, again.leaseUntil()));
            case Command.Stop stop -> wanted.remove(stop.capture());
            case Command.Renew renew -> {
                for (CaptureKey key : renew.captures()) {
                    Map<SignedOrder, Command.Start> starts = wanted.get(key);
                    if (starts != null) {
                        starts.replaceAll((order, start) -> leased(start, renew.leaseUntil()));
                    }
                }
            }
        }
    }

    /** Takes what is wanted and whose lease runs; the rest stays, as a renewal may bring it back. */
    List<Command.Start> take(Instant now) {
        List<Command.Start> live = new ArrayList<>();
        Iterator<Map<SignedOrder, Command.Start>> captures = wanted.values().iterator();
        while (captures.hasNext()) {
            Map<SignedOrder, Command.Start> starts = captures.next();
            starts.values().removeIf(start -> now.isBefore(start.leaseUntil()) && live.add(start));
            if (starts.isEmpty()) {
                captures.remove();
            }
        }
        return live;
    }

    private static Command.Start leased(Command.Start start, Instant leaseUntil) {
        return new Command.Start(
                start.node(),
                start.issuedAt(),
                start.capture(),
                start.order(),
                start.pod(),
                start.labels(),
                start.hostNetwork(),
                leaseUntil.isAfter(start.leaseUntil()) ? leaseUntil : start.leaseUntil());
    }
}
