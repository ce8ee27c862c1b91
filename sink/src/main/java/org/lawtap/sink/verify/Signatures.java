package org.lawtap.sink.verify;

import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.chain.SealCheck;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.TrustList;

/** Every signature that a check of evidence depends on. */
interface Signatures {
    /** Whether an Ed25519 key signed these bytes. */
    boolean signed(byte[] bytes, byte[] signature, PublicKey key);

    /** Whether a node's key sealed the checkpoint of this value. */
    boolean sealed(Seal seal, byte[] value, PublicKey key);

    /** Whether approvers signed an order, as of a moment; demo keys count. */
    OrderCheck.Verdict approved(SignedOrder order, TrustList trust, Instant moment);

    /** Checks a CMS signature over seal.json. @throws FormException saying what does not fit */
    void cms(byte[] seal, byte[] signature, List<X509Certificate> trusted) throws FormException;

    /** Checks a timestamp response over seal.json; returns its time. @throws FormException saying what does not fit */
    Instant stamped(byte[] seal, byte[] response, List<X509Certificate> trusted) throws FormException;

    /** The real ones. Owned by one thread. */
    static Signatures real() {
        SealCheck seals = new SealCheck();
        return new Signatures() {
            @Override
            public boolean signed(byte[] bytes, byte[] signature, PublicKey key) {
                return OrderKeys.verifies(bytes, signature, key);
            }

            @Override
            public boolean sealed(Seal seal, byte[] value, PublicKey key) {
                return seals.verifies(seal, value, key);
            }

            @Override
            public OrderCheck.Verdict approved(SignedOrder order, TrustList trust, Instant moment) {
                return new OrderCheck(trust, true).check(order, moment);
            }

            @Override
            public void cms(byte[] seal, byte[] signature, List<X509Certificate> trusted) throws FormException {
                SealSignatures.checkCms(seal, signature, trusted);
            }

            @Override
            public Instant stamped(byte[] seal, byte[] response, List<X509Certificate> trusted) throws FormException {
                return SealSignatures.checkTimestamp(seal, response, trusted);
            }
        };
    }
}
