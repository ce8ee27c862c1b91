package org.lawtap.schemas.content;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.X25519Key;

/** The worked example of docs/decisions/0013, computed by an implementation that is not this one. */
final class Example {
    static final WarrantId WARRANT = WarrantId.parse("0b5a9a52-7a2e-4d0c-9a3e-111111111111");
    static final SessionId SESSION = SessionId.parse("aaaaaaaa-0000-4000-8000-000000000001");
    static final KeyPair DELIVERY = delivery();
    static final String EPHEMERAL = "0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20";
    static final String WRAPPED =
            "65aad8e3a579fe10cedc4a63e5f0e80b016cf883a4102f1c1caf60dd839327e4cf8af7fcc63379300c2d78ba372e6b25";
    static final String CONTENT_KEY = "3333333333333333333333333333333333333333333333333333333333333333";
    static final String ENVELOPE =
            "00000000094861616161616161612d303030302d343030302d383030302d303030303030303030303031024c1a2485f7f8e7a6d55cef3b9794e5c8ae441bcca65d91db12f3895d6c9fc289a8818d5a5c90e5";
    static final String VALUE = "lawtap lawtap lawtap lawtap lawtap";

    private Example() {}

    private static KeyPair delivery() {
        try {
            return new KeyPair(
                    X25519Key.of(
                                    HexFormat.of()
                                            .parseHex(
                                                    "302a300506032b656e0321007b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13"))
                            .publicKey(),
                    KeyFactory.getInstance("X25519")
                            .generatePrivate(new PKCS8EncodedKeySpec(
                                    HexFormat.of().parseHex("302e020100300506032b656e04220420" + "11".repeat(32)))));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
