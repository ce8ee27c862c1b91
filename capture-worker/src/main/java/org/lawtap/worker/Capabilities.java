package org.lawtap.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.lawtap.schemas.process.StartException;

/** The capabilities that a worker needs, and no others: capabilities(7). The numbers are those of linux/capability.h. */
enum Capabilities {
    NET_BROADCAST(11, "without it the last packets of an interface that is removed can't be accounted for"),
    NET_RAW(13, "without it no packet socket can be opened"),
    SYS_PTRACE(19, "without it no interface can be proven to be a pod's");

    private static final String EFFECTIVE = "CapEff:";

    private final int number;
    private final String why;

    Capabilities(int number, String why) {
        this.number = number;
        this.why = why;
    }

    /** Fails now, not at the first warrant. @param status this process's, proc(5) */
    static void require(Path status) throws StartException {
        long held = held(status);
        String missing = Arrays.stream(values())
                .filter(capability -> (held & 1L << capability.number) == 0)
                .map(capability -> "CAP_" + capability.name() + " (" + capability.why + ")")
                .collect(Collectors.joining(" and "));
        if (!missing.isEmpty()) {
            throw new StartException("the worker lacks " + missing
                    + "; run it as root with that capability: in a pod, add it to securityContext.capabilities.add");
        }
    }

    private static long held(Path status) throws StartException {
        try {
            return Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith(EFFECTIVE))
                    .map(line -> Long.parseUnsignedLong(
                            line.substring(EFFECTIVE.length()).strip(), 16))
                    .findFirst()
                    .orElseThrow(() -> new StartException(status + " has no line " + EFFECTIVE));
        } catch (IOException | NumberFormatException e) {
            throw new StartException(
                    "the worker's capabilities can't be read from " + status + ": " + e.getMessage(), e);
        }
    }
}
