package org.lawtap.warrants.cli;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.process.StartException;

/** The log and the trust list, as the command line reaches them. A record that can't be read is told and set aside. */
interface OrderLog {
    /** An order of the log, whether it is valid or not. @param at the time of its record */
    record Entry(Instant at, SignedOrder order) {}

    /** By the trust list. */
    OrderCheck check() throws StartException;

    /** All orders, in the order of the log. */
    List<Entry> orders() throws StartException;

    /** What custody holds of one warrant. */
    List<CustodyEvent> custody(WarrantId warrant) throws StartException;

    /** What the watchers said of pods; of one pod in the order in which it was said. */
    List<PodEvent> pods() throws StartException;

    /** Publishes an order. */
    void send(WarrantId warrant, SignedOrder order) throws StartException, InterruptedException;

    /** Puts into custody what happened here. @param text one sentence */
    void record(CustodyAction action, @Nullable WarrantId warrant, String text)
            throws StartException, InterruptedException;
}
