package org.lawtap.warrants.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.process.StartException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Orders about what becomes of a warrant's evidence. */
final class RetentionCommands {
    private RetentionCommands() {}

    /** A drafted order; approved and activated like a warrant. */
    abstract static class Draft extends Step {
        @Parameters(paramLabel = "WARRANT", description = "The warrant's id.")
        String id = "";

        @Option(names = "--authority", required = true, description = "Who orders it.")
        String authority = "";

        @Option(names = "--reason", required = true, description = "Why.")
        String reason = "";

        @Option(names = "--out", required = true, description = "The file to write.")
        Path file = Path.of("order.json");

        abstract Order.OfRetention order(WarrantId warrant, long generation, Instant now);

        @Override
        void run(Answer answer) throws IOException, StartException {
            WarrantId warrant = WarrantId.parse(id);
            OrderHistory history = history();
            Order.OfRetention order =
                    order(warrant, history.newestGeneration(warrant) + 1, now().truncatedTo(ChronoUnit.SECONDS));
            Optional<String> hindrance = history.hindrance(order, now());
            if (hindrance.isPresent()) {
                throw new IllegalArgumentException("refused: " + hindrance.get());
            }
            OrderFiles.writeNew(file, order);
            answer.say(OrderFiles.what(order) + " " + warrant + " drafted in " + file
                    + "; two approvers sign it with: lawtap warrant approve " + file
                    + " --key NAME.key.pem; then: lawtap warrant activate " + file);
            answer.facts()
                    .put("warrant", warrant.toString())
                    .put("generation", order.generation())
                    .put("file", file.toString());
        }
    }

    @Command(name = "hold", description = "Draft an order to keep a warrant's evidence until it is released.")
    static final class Hold extends Draft {
        @Override
        Order.OfRetention order(WarrantId warrant, long generation, Instant now) {
            return new Order.Hold(warrant, generation, authority, now, reason);
        }
    }

    @Command(name = "release", description = "Draft an order that ends a hold.")
    static final class Release extends Draft {
        @Override
        Order.OfRetention order(WarrantId warrant, long generation, Instant now) {
            return new Order.Release(warrant, generation, authority, now, reason);
        }
    }

    @Command(
            name = "destroy",
            description =
                    "Draft an order to destroy a warrant's content: the sink's delivery key and capture files. Refused"
                            + " before the end of the time for which it must be kept, and under a hold.")
    static final class Destroy extends Draft {
        @Override
        Order.OfRetention order(WarrantId warrant, long generation, Instant now) {
            return new Order.Destruction(warrant, generation, authority, now, reason);
        }
    }
}
