package org.lawtap.sink.verify;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;

/**
 * Where one packet of a capture file comes from: back to its session, its record in the log, the command, the pod, the warrant and those
 * who approved it.
 *
 * @param voucher null if no checkpoint follows
 * @param orders the valid ones of the session's generation and later
 * @param ordersProblem why not all orders are known or valid, else empty
 */
public record Explanation(
        String file,
        long frame,
        WarrantId warrant,
        Explained packet,
        SessionId session,
        SessionOpened opened,
        Logged record,
        @Nullable Voucher voucher,
        @Nullable CustodyEvent commanded,
        @Nullable CustodyEvent sessionOpened,
        List<WarrantReport.ApprovedOrder> orders,
        String ordersProblem) {
    public Explanation {
        orders = List.copyOf(orders);
    }

    /** The packet itself. */
    public record Explained(
            Instant time, Packet.Direction direction, long sequence, int length, int originalLength, int flags) {}

    /** The record of the log that brought it. @param same whether the capture file still leads to its leaf */
    public record Logged(
            long offset, String ledger, long ledgerLine, long first, long count, Sha256 leaf, boolean same) {}

    /** The checkpoint that vouches for the record. @param sealed whether its seal is of the key that the opening names */
    public record Voucher(long offset, String ledger, Checkpoint checkpoint, boolean sealed) {}
}
