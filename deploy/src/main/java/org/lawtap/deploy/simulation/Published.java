package org.lawtap.deploy.simulation;

import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.SignedOrder;

/**
 * A record of {@code lawtap.warrants}, with what its author knows of it.
 *
 * @param value null for a tombstone
 * @param signed null if it is no order at all
 * @param counts whether enough different approvers signed exactly this
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Published(
        WarrantId key,
        byte @Nullable [] value,
        @Nullable SignedOrder signed,
        @Nullable Order order,
        boolean counts) {}
