package org.lawtap.worker.session;

import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.wire.PacketCodec;

/** Signs the checkpoints of a node's sessions, all of one round with one signature. Owned by one thread. */
public final class Sealer {
    private final KeyPair keys;
    private final Sha256 keyId;
    private final List<Waiting> waiting = new ArrayList<>();

    /** @param keys the node's, Ed25519 */
    public Sealer(KeyPair keys) {
        this.keys = keys;
        this.keyId = new Sha256(OrderKeys.keyId(keys.getPublic()));
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Waiting(byte[] unsealed, Consumer<byte[]> then) {}

    /** SubjectPublicKeyInfo of the key. */
    ByteBuffer publicKey() {
        return ByteBuffer.wrap(keys.getPublic().getEncoded());
    }

    /** Takes a checkpoint's value; {@code then} gets it sealed at the next {@link #sealAll}. */
    void add(byte[] unsealed, Consumer<byte[]> then) {
        waiting.add(new Waiting(unsealed, then));
    }

    /** Seals what was added. */
    void sealAll() {
        if (waiting.isEmpty()) {
            return;
        }
        List<Waiting> round = List.copyOf(waiting);
        waiting.clear();
        List<Seal> seals = Seal.sign(
                round.stream().map(one -> PacketCodec.covered(one.unsealed())).toList(), keys.getPrivate(), keyId);
        for (int i = 0; i < round.size(); i++) {
            Waiting one = round.get(i);
            one.then().accept(PacketCodec.sealed(one.unsealed(), seals.get(i)));
        }
    }
}
