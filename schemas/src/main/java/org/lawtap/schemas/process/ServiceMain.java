package org.lawtap.schemas.process;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a service process: read settings, start, wait for SIGTERM or the service's own end, close. Exit codes: 0 after
 * a clean end, 1 after a failure, 78 for wrong settings or surroundings. While Kafka is away a start is tried again: a process that ended
 * instead would be started later and later, and would be missing when Kafka is back.
 */
public final class ServiceMain {
    /** sysexits.h EX_CONFIG. */
    public static final int EXIT_CONFIG = 78;

    private static final Logger LOG = LoggerFactory.getLogger(ServiceMain.class);
    private static final Duration RETRY = Duration.ofSeconds(2);

    private ServiceMain() {}

    /** A service that can be started from settings. */
    public interface Service {
        /** Its command, for instance {@code watcher}. */
        String name();

        /** What it does, in a sentence. */
        String purpose();

        /** Declares and reads its settings; {@link Settings#check} is called in {@link #start}. */
        void declare(Settings settings);

        /** Starts from settings. What was opened is closed again when it fails half-way. */
        Running start(Settings settings) throws StartException;
    }

    /** A started service. */
    public interface Running extends AutoCloseable {
        /** Waits until the service ended by itself: returns normally after an orderly end, throws after a failure. */
        void await() throws InterruptedException;

        /** Ends the service in order; called once, from any thread. */
        @Override
        void close();
    }

    /** Runs a service until it is told to end, and returns the exit code. */
    public static int run(Service service, String[] arguments, Map<String, String> environment, PrintStream out) {
        return run(service, arguments, environment, out, RETRY);
    }

    /** The same. @param retry between two attempts to start */
    static int run(
            Service service, String[] arguments, Map<String, String> environment, PrintStream out, Duration retry) {
        Settings settings = new Settings(environment);
        LogFormat.declare(settings);
        if (arguments.length > 0) {
            return help(service, settings, arguments, out);
        }
        Running running = null;
        while (running == null) {
            try {
                running = service.start(settings);
            } catch (StartException e) {
                if (!e.isPassing()) {
                    out.println("lawtap " + service.name() + ": " + e.getMessage());
                    return EXIT_CONFIG;
                }
                LOG.warn("{} waits: {}", service.name(), e.getMessage());
                if (!pause(retry)) {
                    return 1;
                }
                settings = new Settings(environment);
                LogFormat.declare(settings);
            }
        }
        LOG.info("{} started:{}", service.name(), settings.effective());
        Runtime.getRuntime().addShutdownHook(new Thread(running::close, "shutdown"));
        try {
            running.await();
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        } catch (RuntimeException e) {
            LOG.error("{} failed: {}", service.name(), e.getMessage(), e);
            return 1;
        }
    }

    private static boolean pause(Duration time) {
        try {
            Thread.sleep(time);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static int help(Service service, Settings settings, String[] arguments, PrintStream out) {
        boolean asked = arguments.length == 1 && (arguments[0].equals("--help") || arguments[0].equals("-h"));
        if (!asked) {
            out.println("lawtap " + service.name() + " takes no arguments; its settings are environment variables.");
        }
        service.declare(settings);
        out.println("usage: lawtap " + service.name());
        out.println(service.purpose());
        out.println("Settings, from the environment:");
        out.print(settings.help());
        out.println("SIGTERM ends it in order. Exit codes: 0 ended, 1 failed, 78 wrong settings or surroundings.");
        return asked ? 0 : 2;
    }
}
