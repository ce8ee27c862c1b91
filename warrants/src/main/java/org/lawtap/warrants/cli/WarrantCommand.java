package org.lawtap.warrants.cli;

import java.time.Clock;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap warrant ...}: the life of an order from the authority's side. */
@Command(
        name = "warrant",
        description = {
            "Draft, preview, approve, activate, amend, revoke and list warrants; hold, release and destroy their evidence.",
            "Settings: LAWTAP_KAFKA_BOOTSTRAP_SERVERS, LAWTAP_KAFKA_CLIENT_PROPERTIES, LAWTAP_TRUST_LIST."
                    + " keygen, trust, draft and approve need none."
        },
        subcommands = {
            KeyCommands.Keygen.class,
            KeyCommands.Trust.class,
            DraftCommand.class,
            PreviewCommand.class,
            ApproveCommand.class,
            ActivateCommand.class,
            AmendCommand.class,
            RevokeCommand.class,
            RetentionCommands.Hold.class,
            RetentionCommands.Release.class,
            RetentionCommands.Destroy.class,
            ListCommand.class,
            ShowCommand.class,
            CapturesCommand.class
        })
public final class WarrantCommand {
    private final OrderLog log;
    private final Clock clock;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    /** Reaches Kafka and the trust list by the same settings as the services, when a subcommand needs them. */
    public WarrantCommand() {
        this(new KafkaOrderLog(System::getenv), Clock.systemUTC());
    }

    WarrantCommand(OrderLog log, Clock clock) {
        this.log = log;
        this.clock = clock;
    }

    OrderLog log() {
        return log;
    }

    Clock clock() {
        return clock;
    }
}
