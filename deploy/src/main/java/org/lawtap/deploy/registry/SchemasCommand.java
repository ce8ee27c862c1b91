package org.lawtap.deploy.registry;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lawtap schemas}. */
@Command(
        name = "schemas",
        description = "The schemas of all topics, for a schema registry.",
        subcommands = {SchemasCommand.Register.class})
public final class SchemasCommand {
    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Command(
            name = "register",
            sortOptions = false,
            description =
                    "Register the schemas of all topics' values under the ids that records carry, and look whether they"
                            + " are there. What is there already stays as it is.",
            footer = {
                "",
                "Subjects are TOPIC-value, and the record's full name for packet topics, which are one a warrant. Compatibility is"
                        + " set to FULL_TRANSITIVE. The account must be allowed to import. lawtap itself never asks a registry.",
                "Exit codes: 0 all are there, 1 not, 2 wrong arguments, 78 wrong file or credentials."
            })
    static final class Register implements Callable<Integer> {
        private static final String APICURIO = "/apis/ccompat/";

        @Spec
        CommandSpec spec = CommandSpec.create();

        @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
        boolean help;

        @Option(
                names = "--registry",
                required = true,
                paramLabel = "URL",
                description = "Where the registry has Confluent's API, for instance http://HOST:8081, or"
                        + " http://HOST:8080/apis/ccompat/v7 of Apicurio.")
        String url = "";

        @Option(
                names = "--credentials",
                paramLabel = "FILE",
                description = "One line: basic USER:PASSWORD, or bearer TOKEN.")
        @Nullable
        Path credentials;

        @Option(
                names = "--ca",
                paramLabel = "FILE",
                description = "Certificate (PEM) of the authority that the registry's is from, if it is no public one.")
        @Nullable
        Path authority;

        @Option(names = "--dry-run", description = "Ask the registry and say what would be registered; change nothing.")
        boolean dryRun;

        @Override
        public Integer call() throws InterruptedException {
            URI api;
            try {
                api = address(url);
            } catch (IllegalArgumentException e) {
                say(e);
                return CommandLine.ExitCode.USAGE;
            }
            try (RegistryConnection connection = new RegistryConnection(
                    credentials == null ? Optional.empty() : Optional.of(Credentials.read(credentials)),
                    authority == null ? Optional.empty() : Optional.of(Trust.in(authority)))) {
                Registry registry = Registry.at(api, connection);
                Registration registration = new Registration(registry, pinning(api, registry, connection));
                List<Registration.Standing> standings = registration.look(PinnedSchema.all());
                if (!dryRun) {
                    registration.register(standings);
                }
                standings.forEach(this::print);
                return CommandLine.ExitCode.OK;
            } catch (RegistryException e) {
                say(e);
                return e.exitCode();
            }
        }

        private static Pinning pinning(URI api, Registry registry, RegistryConnection connection) {
            int end = api.toString().indexOf(APICURIO);
            return end < 0
                    ? new ConfluentPinning(registry)
                    : new ApicurioPinning(
                            registry, connection, URI.create(api.toString().substring(0, end)));
        }

        private static URI address(String url) {
            URI address = URI.create(url.replaceAll("/+$", ""));
            if (address.getHost() == null || !List.of("http", "https").contains(address.getScheme())) {
                throw new IllegalArgumentException(
                        "--registry must be http://HOST:PORT/PATH or https://HOST:PORT/PATH, not " + url);
            }
            if (address.getUserInfo() != null || address.getQuery() != null || address.getFragment() != null) {
                throw new IllegalArgumentException(
                        "--registry takes no user, query or fragment; who asks is said by --credentials");
            }
            return address;
        }

        private void say(Exception e) {
            spec.commandLine().getErr().println("lawtap schemas register: " + e.getMessage());
        }

        private void print(Registration.Standing standing) {
            spec.commandLine()
                    .getOut()
                    .printf(
                            Locale.ROOT,
                            "%4d  %-39s  %s%n",
                            standing.schema().id(),
                            standing.schema().subject(),
                            standing.isThere() ? "is there" : dryRun ? "would be registered" : "registered");
        }
    }
}
