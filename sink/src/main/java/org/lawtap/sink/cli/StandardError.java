package org.lawtap.sink.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where progress is shown. */
final class StandardError {
    private StandardError() {}

    /** Whether it is a terminal; {@code System.console} speaks of standard input and output. */
    static boolean isTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException e) {
            return false;
        }
    }
}
