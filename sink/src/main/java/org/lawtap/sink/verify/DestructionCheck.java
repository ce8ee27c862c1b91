package org.lawtap.sink.verify;

import java.io.IOException;
import java.security.PublicKey;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.topics.Topic;

/** Whether capture files are missing rightly: destroyed on an order that counts, after their time, as the sink has signed. */
final class DestructionCheck {
    static final String PROOF = "destruction.json";
    static final String SIGNATURE = "destruction.sig";
    static final String BEGUN = ".destroying";
    static final Set<String> NAMES = Set.of(PROOF, SIGNATURE, BEGUN);

    private static final long PROOF_BYTES_MAX = 16L << 20;
    private static final long SIGNATURE_BYTES = 64;
    private static final String CAPTURE = ".pcapng";

    private final FilesCheck files;
    private final WarrantId warrant;
    private final TrustedKeys keys;
    private final Signatures signatures;
    private final Findings findings;

    DestructionCheck(FilesCheck files, WarrantId warrant, TrustedKeys keys, Signatures signatures, Findings findings) {
        this.files = files;
        this.warrant = warrant;
        this.keys = keys;
        this.signatures = signatures;
        this.findings = findings;
    }

    /** The capture files that are missing rightly; none if there is no proof, or one that does not hold. */
    Set<String> check(@Nullable SealFile seal, @Nullable Orders orders) throws IOException {
        if (files.has(BEGUN)) {
            refuse(BEGUN, "a destruction was begun and is not done; a sink that starts goes on with it");
        }
        if (!files.has(PROOF) && !files.has(SIGNATURE)) {
            return Set.of();
        }
        findings.count(Check.DESTRUCTION, 1);
        try {
            return proven(seal, orders);
        } catch (FormException e) {
            refuse(PROOF, String.valueOf(e.getMessage()));
            return Set.of();
        }
    }

    private Set<String> proven(@Nullable SealFile seal, @Nullable Orders orders) throws IOException, FormException {
        byte[] bytes = files.bytes(PROOF, PROOF_BYTES_MAX);
        byte[] signature = files.bytes(SIGNATURE, SIGNATURE_BYTES);
        PublicKey key = keys.sink();
        if (bytes == null || signature == null) {
            throw new FormException("there must be a proof and its signature, and one of them is missing");
        }
        if (key == null) {
            throw new FormException("its signature can't be checked: there is no sink.pub.pem");
        }
        if (!signatures.signed(bytes, signature, key)) {
            throw new FormException("its signature does not fit");
        }
        DestructionProof proof = DestructionProof.parse(bytes);
        if (!proof.warrant().equals(warrant)
                || !proof.topic().equals(Topic.packets(warrant).name())) {
            throw new FormException("it is about another warrant");
        }
        if (!proof.signer().equals(OrderKeys.keyId(key))) {
            throw new FormException("it names another signer");
        }
        order(proof);
        time(proof, seal, orders);
        Set<String> destroyed = files(proof, seal);
        findings.note("the content was destroyed on " + proof.at() + " by an order of "
                + proof.orderedAt()
                + ": its capture files are gone, their records are vouched for by the chain alone"
                + (proof.encrypted() ? "" : "; what the log holds of it was not encrypted, and is not destroyed"));
        for (Check check : List.of(Check.RECORDS, Check.WINDOW)) {
            findings.notDone(check, "the capture files are destroyed");
        }
        return destroyed;
    }

    private void order(DestructionProof proof) throws FormException {
        TrustList trust = keys.approvers();
        if (trust == null) {
            throw new FormException("its order can't be checked: there is no trust.json");
        }
        Order order;
        try {
            order = OrderJson.read(
                    proof.order().order().payloadType(), proof.order().order().payload());
        } catch (IllegalArgumentException e) {
            throw new FormException("its order can't be read: " + e.getMessage());
        }
        if (!(order instanceof Order.Destruction) || !order.id().equals(warrant)) {
            throw new FormException("its order is none to destroy this warrant's content");
        }
        if (signatures.approved(proof.order().order(), trust, proof.orderedAt())
                instanceof OrderCheck.Verdict.Refused refused) {
            throw new FormException("its order is not valid: " + refused.reason());
        }
    }

    private static void time(DestructionProof proof, @Nullable SealFile seal, @Nullable Orders orders)
            throws FormException {
        if (seal == null || orders == null) {
            throw new FormException(
                    "without a seal that can be read nothing says until when the content had to be kept");
        }
        if (proof.held()) {
            throw new FormException("the content was held");
        }
        Instant least = after(seal.endedAt(), orders.retentionDays());
        if (!proof.keptUntil().equals(after(proof.end(), proof.retentionDays()))
                || proof.orderedAt().isBefore(proof.keptUntil())
                || proof.orderedAt().isBefore(least)
                || proof.at().isBefore(proof.orderedAt())) {
            throw new FormException("it was ordered on " + proof.orderedAt() + ", and the content had to be kept until "
                    + (proof.keptUntil().isAfter(least) ? proof.keptUntil() : least));
        }
    }

    private static Instant after(Instant end, long days) throws FormException {
        try {
            return end.plus(Duration.ofDays(days));
        } catch (DateTimeException | ArithmeticException e) {
            throw new FormException("the content had to be kept until a time that there is not");
        }
    }

    private Set<String> files(DestructionProof proof, @Nullable SealFile seal) throws FormException {
        String sealed = files.sha256(FilesCheck.SEAL);
        if (sealed == null || !proof.names(FilesCheck.SEAL, new Sha256(sealed))) {
            throw new FormException("it names another seal than the one that is there");
        }
        List<ListedFile> captures = Objects.requireNonNull(seal).files().stream()
                .filter(file -> file.name().endsWith(CAPTURE))
                .toList();
        if (!captures.equals(proof.files())) {
            throw new FormException("its files are not the capture files of the seal");
        }
        Set<String> destroyed = new LinkedHashSet<>();
        for (ListedFile capture : captures) {
            if (files.has(capture.name())) {
                throw new FormException(capture.name() + " was destroyed, it says, and is there");
            }
            destroyed.add(capture.name());
        }
        return destroyed;
    }

    private void refuse(String file, String text) {
        findings.add(FindingCode.DESTRUCTION_INVALID, file, text);
    }
}
