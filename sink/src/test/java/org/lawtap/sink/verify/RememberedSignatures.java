package org.lawtap.sink.verify;

import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.TrustList;

/**
 * The real signatures, where an answer is given again to exactly the same question, and a signature that fits one text is known to fit no
 * other: many thousand copies of evidence differ in one byte, and most of their signatures are the same.
 */
final class RememberedSignatures implements Signatures {
    private static final int ANSWERS_MAX = 100;

    private final Map<Object, Object> right = new ConcurrentHashMap<>();

    private record Signed(Sha256 bytes, Sha256 signature, Object by, boolean sealOfNode) {}

    private final Map<Object, Sha256> textOf = new ConcurrentHashMap<>();

    private record By(Sha256 signature, Object key) {}

    private record Approved(SignedOrder order, Instant moment) {}

    @Override
    public boolean signed(byte[] bytes, byte[] signature, PublicKey key) {
        return remembered(
                new Signed(hash(bytes), hash(signature), key, false),
                () -> Signatures.real().signed(bytes, signature, key));
    }

    @Override
    public boolean sealed(Seal seal, byte[] value, PublicKey key) {
        return remembered(
                new Signed(hash(value), hash(seal.signature()), key, true),
                () -> Signatures.real().sealed(seal, value, key));
    }

    @Override
    public OrderCheck.Verdict approved(SignedOrder order, TrustList trust, Instant moment) {
        Approved question = new Approved(order, moment);
        if (right.get(question) instanceof OrderCheck.Verdict known) {
            return known;
        }
        OrderCheck.Verdict verdict = Signatures.real().approved(order, trust, moment);
        if (verdict instanceof OrderCheck.Verdict.Approved) {
            remember(question, verdict);
        }
        return verdict;
    }

    @Override
    public void cms(byte[] seal, byte[] signature, List<X509Certificate> trusted) throws FormException {
        Signed question = new Signed(hash(seal), hash(signature), "cms", false);
        if (fitsAnother(question)) {
            throw new FormException("its signature does not fit seal.json");
        }
        if (!right.containsKey(question)) {
            Signatures.real().cms(seal, signature, trusted);
            remember(question, true);
        }
    }

    @Override
    public Instant stamped(byte[] seal, byte[] response, List<X509Certificate> trusted) throws FormException {
        Signed question = new Signed(hash(seal), hash(response), "timestamp", false);
        if (right.get(question) instanceof Instant known) {
            return known;
        }
        if (fitsAnother(question)) {
            throw new FormException("it is of another text than seal.json");
        }
        Instant at = Signatures.real().stamped(seal, response, trusted);
        remember(question, at);
        return at;
    }

    private interface Question {
        boolean ask();
    }

    private boolean remembered(Signed question, Question real) {
        if (right.containsKey(question)) {
            return true;
        }
        if (fitsAnother(question)) {
            return false;
        }
        boolean answer = real.ask();
        if (answer) {
            remember(question, true);
        }
        return answer;
    }

    private boolean fitsAnother(Signed question) {
        Sha256 text = textOf.get(new By(question.signature(), question.by()));
        return text != null && !text.equals(question.bytes());
    }

    private void remember(Object question, Object answer) {
        if (right.size() < ANSWERS_MAX) {
            right.put(question, answer);
            // A node signs many checkpoints at once: there, one signature fits more than one text.
            if (question instanceof Signed signed && !signed.sealOfNode()) {
                textOf.put(new By(signed.signature(), signed.by()), signed.bytes());
            }
        }
    }

    private static Sha256 hash(byte[] bytes) {
        MessageDigest digest = MerkleTree.sha256();
        return Sha256.of(digest.digest(bytes));
    }
}
