package org.lawtap.sink.verify;

import java.time.Instant;
import java.util.List;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;

/**
 * What destruction.json says.
 *
 * @param end when the warrant had ended
 * @param orderedAt time of the order's record
 * @param encrypted whether all that the log holds of the content is encrypted
 * @param files the capture files that were removed
 * @param seal the seal that was there
 */
record DestructionProof(
        WarrantId warrant,
        Instant at,
        SealFile.SealedOrder order,
        Instant end,
        long retentionDays,
        Instant keptUntil,
        Instant orderedAt,
        boolean held,
        boolean encrypted,
        List<ListedFile> files,
        ListedFile seal,
        String topic,
        String signer) {
    static DestructionProof parse(byte[] bytes) throws FormException {
        Fields fields = Fields.of(
                Fields.parse(bytes),
                "form",
                "warrant",
                "at",
                "order",
                "why",
                "encrypted",
                "deliveryKeys",
                "files",
                "seal",
                "log",
                "signer");
        if (!fields.text("form").equals("lawtap destruction 1")) {
            throw new FormException("not of the form lawtap destruction 1");
        }
        Fields why = Fields.of(fields.node("why"), "end", "retentionDays", "keptUntil", "orderedAt", "held");
        Fields seal = Fields.of(fields.node("seal"), "name", "bytes", "sha256");
        fields.list("deliveryKeys");
        return new DestructionProof(
                fields.warrant("warrant"),
                fields.time("at"),
                SealFile.order(fields.node("order")),
                why.time("end"),
                why.count("retentionDays"),
                why.time("keptUntil"),
                why.time("orderedAt"),
                why.flag("held"),
                fields.flag("encrypted"),
                ListedFile.list(fields, "files"),
                new ListedFile(seal.text("name"), seal.count("bytes"), seal.hash("sha256")),
                Fields.of(fields.node("log"), "topic").text("topic"),
                fields.text("signer"));
    }

    /** The hash of the seal that was there, if this names it. */
    boolean names(String file, Sha256 hash) {
        return seal.name().equals(file) && seal.sha256().equals(hash);
    }
}
