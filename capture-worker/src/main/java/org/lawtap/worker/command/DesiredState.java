package org.lawtap.worker.command;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;

/** The commands of the past folded into what is wanted now: started, not stopped, lease still running. Pure. */
final class DesiredState {
    private final Map<CaptureKey, Command.Start> wanted = new LinkedHashMap<>();

    void fold(Command command) {
        switch (command) {
            case Command.Start start -> {
                Command.Start known = wanted.get(start.capture());
                wanted.put(start.capture(), known == null ? start : leased(known, start.leaseUntil()));
            }
            case Command.Stop stop -> wanted.remove(stop.capture());
            case Command.Renew renew ->
                renew.captures()
                        .forEach(key -> wanted.computeIfPresent(key, (k, start) -> leased(start, renew.leaseUntil())));
        }
    }

    List<Command.Start> at(Instant now) {
        List<Command.Start> live = new ArrayList<>(wanted.values());
        live.removeIf(start -> !now.isBefore(start.leaseUntil()));
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
