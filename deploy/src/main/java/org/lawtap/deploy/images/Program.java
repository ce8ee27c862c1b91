package org.lawtap.deploy.images;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A program of this machine, run to its end. */
final class Program {
    private static final int COMPLAINT_MAX = 500;

    private Program() {}

    /** What it wrote, errors included. */
    static String run(String... command) throws ImagesException {
        return run(List.of(command));
    }

    static String run(List<String> command) throws ImagesException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String wrote = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            if (code != 0) {
                String complaint = wrote.strip().replace("\n", "; ");
                throw new ImagesException("\"" + String.join(" ", command.subList(0, Math.min(3, command.size())))
                        + "\" failed with code " + code + ": "
                        + complaint.substring(0, Math.min(COMPLAINT_MAX, complaint.length())));
            }
            return wrote;
        } catch (IOException e) {
            throw new ImagesException(
                    "\"" + command.getFirst() + "\" can't be run (" + e.getMessage()
                            + "); images are built on Debian, with a JDK and the package libc-bin",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ImagesException("interrupted while \"" + command.getFirst() + "\" ran", e);
        }
    }
}
