package org.lawtap.warrants.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.order.X25519Key;
import picocli.CommandLine.Option;

/** The options that say what a warrant holds: all of a new one, the changed ones of an amendment. */
final class WarrantFields {
    private static final int RETENTION_DAYS = 3650;

    @Option(names = "--cluster", description = "Cluster of the target.")
    @Nullable
    String cluster;

    @Option(names = "--namespace", description = "Namespace of the target.")
    @Nullable
    String namespace;

    @Option(
            names = "--label",
            paramLabel = "NAME=VALUE",
            description = "A pod must carry each of these labels; may be repeated.")
    List<String> labels = new ArrayList<>();

    @Option(names = "--authority", description = "Who orders it.")
    @Nullable
    String authority;

    @Option(names = "--case", description = "The case it belongs to.")
    @Nullable
    String caseReference;

    @Option(names = "--agency", description = "Who gets the evidence.")
    @Nullable
    String agency;

    @Option(
            names = "--not-before",
            converter = UtcTime.class,
            description = "Start, for instance 2026-11-23T12:00:00Z; of a new warrant the default is now.")
    @Nullable
    Instant notBefore;

    @Option(
            names = "--not-after",
            converter = UtcTime.class,
            description = "End, for instance 2026-11-30T12:00:00Z; at most 366 days after the start.")
    @Nullable
    Instant notAfter;

    @Option(names = "--scope", description = "CONTENT, or HEADERS only; of a new warrant the default is CONTENT.")
    Warrant.@Nullable Scope scope;

    @Option(names = "--filter", description = "pcap-filter expression that narrows the capture.")
    @Nullable
    String filter;

    @Option(
            names = "--retention-days",
            description = "How long the evidence must be kept after the end; of a new warrant the default is 3650.")
    @Nullable
    Integer retentionDays;

    @Option(
            names = "--delivery-key",
            paramLabel = "FILE.pub.pem",
            description = "The delivery agency's X25519 public key: only who has its private half reads the content.")
    @Nullable
    Path deliveryKey;

    /** A new warrant, without a delivery key. @throws IllegalArgumentException naming what is missing or wrong */
    Warrant create(WarrantId id, Instant now) {
        List<String> missing = new ArrayList<>();
        String inCluster = required("--cluster", cluster, missing);
        String inNamespace = required("--namespace", namespace, missing);
        String by = required("--authority", authority, missing);
        String about = required("--case", caseReference, missing);
        String to = required("--agency", agency, missing);
        if (notAfter == null) {
            missing.add("--not-after");
        }
        if (notAfter == null || !missing.isEmpty()) {
            throw new IllegalArgumentException("a draft needs " + String.join(", ", missing));
        }
        return new Warrant(
                id,
                1,
                by,
                about,
                new Target(new ClusterId(inCluster), new Namespace(inNamespace), labels()),
                notBefore == null ? now : notBefore,
                notAfter,
                scope == null ? Warrant.Scope.CONTENT : scope,
                filter,
                to,
                retentionDays == null ? RETENTION_DAYS : retentionDays);
    }

    /** The next generation of a warrant: the same but for the options that are given. */
    Warrant amend(Warrant before, long generation, boolean withoutFilter) throws IOException {
        if (withoutFilter && filter != null) {
            throw new IllegalArgumentException("--filter and --no-filter exclude each other");
        }
        Target target = before.target();
        Path keyFile = deliveryKey;
        X25519Key key = keyFile == null ? before.deliveryKey() : DeliveryKeys.readPublic(keyFile);
        return new Warrant(
                before.id(),
                generation,
                authority == null ? before.authority() : authority,
                caseReference == null ? before.caseReference() : caseReference,
                new Target(
                        cluster == null ? target.cluster() : new ClusterId(cluster),
                        namespace == null ? target.namespace() : new Namespace(namespace),
                        labels.isEmpty() ? target.labels() : labels()),
                notBefore == null ? before.notBefore() : notBefore,
                notAfter == null ? before.notAfter() : notAfter,
                scope == null ? before.scope() : scope,
                withoutFilter ? null : filter == null ? before.filter() : filter,
                agency == null ? before.deliveryAgency() : agency,
                retentionDays == null ? before.retentionDays() : retentionDays,
                key);
    }

    /** One label given twice would be silently one of the two. */
    private Map<String, String> labels() {
        Map<String, String> read = new LinkedHashMap<>();
        for (String label : labels) {
            int equals = label.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("--label must be NAME=VALUE");
            }
            String name = label.substring(0, equals);
            if (read.put(name, label.substring(equals + 1)) != null) {
                throw new IllegalArgumentException("the target can never match: --label " + name
                        + " is given twice, and a pod has one value of it");
            }
        }
        return read;
    }

    private static String required(String option, @Nullable String value, List<String> missing) {
        if (value == null) {
            missing.add(option);
            return "";
        }
        return value;
    }
}
