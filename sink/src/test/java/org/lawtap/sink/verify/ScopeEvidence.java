package org.lawtap.sink.verify;

import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.Warrant;

/** Evidence of a node that kept to the scope and the filter of its warrant, and of nodes that did not. */
enum ScopeEvidence {
    HEADERS_AS_ORDERED(Warrant.Scope.HEADERS, null),
    CONTENT_BEHIND_HEADERS(Warrant.Scope.HEADERS, null, FindingCode.OUTSIDE_WARRANT),
    CUT_AND_NOT_FLAGGED(Warrant.Scope.HEADERS, null, FindingCode.OUTSIDE_WARRANT),
    CUT_BYTES_COUNTED_WRONG(Warrant.Scope.HEADERS, null, FindingCode.ACCOUNT_WRONG),
    SESSION_OF_CONTENT(Warrant.Scope.HEADERS, null, FindingCode.OUTSIDE_WARRANT),
    FLAGGED_IN_A_SESSION_OF_CONTENT(Warrant.Scope.CONTENT, null, FindingCode.OUTSIDE_WARRANT),
    FILTERED_AS_ORDERED(Warrant.Scope.CONTENT, "tcp"),
    FILTER_ACCOUNT_WRONG(Warrant.Scope.CONTENT, "tcp", FindingCode.ACCOUNT_WRONG),
    FILTERED_IN_ANOTHER_WAY(Warrant.Scope.CONTENT, "udp", FindingCode.OUTSIDE_WARRANT);

    private static final int HEADERS = SampleSession.SEGMENT_HEADERS;
    private static final int WHOLE = SampleSession.SEGMENT_BYTES;
    private static final long REFUSED = 5;

    private final Warrant.Scope scope;
    private final @Nullable String filter;
    private final Set<FindingCode> findings;

    ScopeEvidence(Warrant.Scope scope, @Nullable String filter, FindingCode... findings) {
        this.scope = scope;
        this.filter = filter;
        this.findings = Set.of(findings);
    }

    /** What a verifier must find. */
    Set<FindingCode> findings() {
        return findings;
    }

    SampleEvidence write(Path root) throws Exception {
        return SampleEvidence.writeCaptured(root, this::captured, this::narrowed);
    }

    private List<byte[]> captured(KeyPair node) {
        long openedAtNs = SampleEvidence.BEGIN.plusSeconds(60).getEpochSecond() * 1_000_000_000L;
        SampleSession session = new SampleSession(SampleEvidence.A, "a", node, openedAtNs);
        boolean headersOnly = scope == Warrant.Scope.HEADERS && this != SESSION_OF_CONTENT;
        if (headersOnly) {
            session.ofHeaders();
        }
        if (filter != null) {
            session.filtered("tcp", REFUSED);
        }
        byte[] opening = session.open(null);
        byte[] first = headersOnly ? session.segment(HEADERS, Packet.CUT_BY_SCOPE) : session.segment(WHOLE, 0);
        byte[] second = switch (this) {
            case CONTENT_BEHIND_HEADERS -> session.segment(HEADERS + 1, Packet.CUT_BY_SCOPE);
            case CUT_AND_NOT_FLAGGED -> session.segment(HEADERS, Packet.CHECKSUM_NOT_READY);
            case HEADERS_AS_ORDERED, CUT_BYTES_COUNTED_WRONG ->
                session.segment(HEADERS, Packet.CUT_BY_SCOPE | Packet.VLAN_RESTORED);
            case FLAGGED_IN_A_SESSION_OF_CONTENT -> session.segment(WHOLE, Packet.CUT_BY_SCOPE);
            case SESSION_OF_CONTENT, FILTERED_AS_ORDERED, FILTER_ACCOUNT_WRONG, FILTERED_IN_ANOTHER_WAY ->
                session.segment(WHOLE, 0);
        };
        if (this == CUT_BYTES_COUNTED_WRONG) {
            session.cutMore(1);
        }
        if (this == FILTER_ACCOUNT_WRONG) {
            session.lose(1);
        }
        return List.of(opening, first, second, session.checkpoint(StopReason.WARRANT_ENDED));
    }

    private Warrant narrowed(Warrant warrant) {
        return new Warrant(
                warrant.id(),
                warrant.generation(),
                warrant.authority(),
                warrant.caseReference(),
                warrant.target(),
                warrant.notBefore(),
                warrant.notAfter(),
                scope,
                filter,
                warrant.deliveryAgency(),
                warrant.retentionDays());
    }
}
