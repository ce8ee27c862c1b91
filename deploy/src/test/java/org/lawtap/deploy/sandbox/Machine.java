package org.lawtap.deploy.sandbox;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.lawtap.deploy.pod.CaptureFile;

/** What the integration tests look at on the machine. */
final class Machine {
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(5);

    private Machine() {}

    /** Waits until a condition holds, and fails with its name when it never does. */
    static void await(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + PATIENCE_NS;
        while (!condition.call()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("never happened: " + what);
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /** A capture by tcpdump on a namespace's device. */
    static final class Tap implements AutoCloseable {
        private final Process process;
        private final Path file;

        Tap(String namespace, String device, Path directory) throws IOException {
            file = directory.resolve(namespace + "-" + device + ".pcap");
            process = new ProcessBuilder(
                            "ip",
                            "netns",
                            "exec",
                            namespace,
                            "tcpdump",
                            "-i",
                            device,
                            "-n",
                            "-U",
                            "--immediate-mode",
                            "-Z",
                            "root",
                            "-s",
                            "0",
                            "-B",
                            "65536",
                            "-w",
                            file.toString())
                    .redirectErrorStream(true)
                    .start();
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.contains("listening on")) {
                    return;
                }
            }
            throw new IOException("tcpdump did not start in " + namespace);
        }

        /** Waits until the file holds so many frames, or for ever if it never does. */
        void awaitFrames(long frames) throws Exception {
            await(frames + " frames in " + file, () -> Files.size(file) >= 24 && countWritten() >= frames);
        }

        /** How many of the frames passed this interface, in a capture of device "any". */
        long framesOf(int ifindex) throws SandboxException {
            return Shell.run(
                            "tshark",
                            "-r",
                            file.toString(),
                            "-Y",
                            "sll.ifindex == " + ifindex,
                            "-T",
                            "fields",
                            "-e",
                            "frame.number")
                    .lines()
                    .count();
        }

        /** Ends the capture and tells what it holds. */
        CaptureFile.Survey stop() throws Exception {
            end();
            return CaptureFile.survey(file);
        }

        boolean holds(String text) throws IOException {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
        }

        private long countWritten() {
            try {
                return CaptureFile.survey(file).frames();
            } catch (org.lawtap.deploy.pod.CaptureFileException e) {
                return 0; // A frame is just being written.
            }
        }

        @Override
        public void close() {
            end();
        }

        /** Ends the capture. */
        void end() {
            process.destroy();
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
