package org.lawtap.sink.verify;

import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.TrustList;

/** Signatures as if whoever changed the evidence had the sink's keys and a willing timestamp authority: only nodes and approvers are real. */
record InsidersSignatures(Signatures real) implements Signatures {
    @Override
    public boolean signed(byte[] bytes, byte[] signature, PublicKey key) {
        return true;
    }

    @Override
    public boolean sealed(Seal seal, byte[] value, PublicKey key) {
        return real.sealed(seal, value, key);
    }

    @Override
    public OrderCheck.Verdict approved(SignedOrder order, TrustList trust, Instant moment) {
        return real.approved(order, trust, moment);
    }

    @Override
    public void cms(byte[] seal, byte[] signature, List<X509Certificate> trusted) {
        // The insider signs what he likes.
    }

    @Override
    public Instant stamped(byte[] seal, byte[] response, List<X509Certificate> trusted) {
        return SampleEvidence.BEGIN;
    }
}
