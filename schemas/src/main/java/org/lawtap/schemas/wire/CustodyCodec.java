package org.lawtap.schemas.wire;

import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.avro.CustodyRecord;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.SchemaId;

/** Values of {@code lawtap.custody}. Times are kept to the microsecond. */
public final class CustodyCodec {
    private static final Frame<CustodyRecord> FRAME = new Frame<>(SchemaId.CUSTODY, CustodyRecord.class);

    private CustodyCodec() {}

    public static byte[] encode(CustodyEvent event) {
        WarrantId warrant = event.warrant();
        SessionId session = event.session();
        PodUid pod = event.pod();
        return FRAME.encode(new CustodyRecord(
                event.id(),
                event.at().truncatedTo(ChronoUnit.MICROS),
                event.actor(),
                event.action().name(),
                warrant == null ? null : warrant.value(),
                session == null ? null : session.value(),
                pod == null ? null : pod.value(),
                event.text(),
                event.details()));
    }

    /** A later version may know more actions; the text says what they are. */
    private static CustodyAction action(String name) {
        try {
            return CustodyAction.valueOf(name);
        } catch (IllegalArgumentException e) {
            return CustodyAction.OTHER;
        }
    }

    public static CustodyEvent decode(byte @Nullable [] value) throws WireException {
        CustodyRecord avro = FRAME.decode(value);
        try {
            @Nullable UUID warrant = avro.getWarrantId();
            @Nullable UUID session = avro.getSession();
            @Nullable String pod = avro.getPodUid();
            return new CustodyEvent(
                    avro.getId(),
                    avro.getAt(),
                    avro.getActor(),
                    action(avro.getAction()),
                    warrant == null ? null : new WarrantId(warrant),
                    session == null ? null : new SessionId(session),
                    pod == null ? null : new PodUid(pod),
                    avro.getText(),
                    avro.getDetails());
        } catch (IllegalArgumentException e) {
            throw new WireException("custody event: " + e.getMessage(), e);
        }
    }
}
