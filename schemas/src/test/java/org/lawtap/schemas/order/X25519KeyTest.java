package org.lawtap.schemas.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import javax.crypto.KeyAgreement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class X25519KeyTest {
    private static final String HEAD = "302a300506032b656e032100";

    @Test
    void itsPublicHalfFollowsFromAPrivateKey(@TempDir Path directory) throws IOException {
        KeyPair pair = DeliveryKeys.generate();
        Path file = directory.resolve("w.key.pem");
        DeliveryKeys.writePrivate(file, pair);
        DeliveryKeys.writePublic(directory.resolve("w.pub.pem"), pair);
        assertThat(DeliveryKeys.publicHalf(DeliveryKeys.read(file))).isEqualTo(DeliveryKeys.publicHalf(pair));
        assertThat(DeliveryKeys.readPublic(directory.resolve("w.pub.pem"))).isEqualTo(DeliveryKeys.publicHalf(pair));
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThatThrownBy(() -> DeliveryKeys.writePrivate(file, pair)).isInstanceOf(FileAlreadyExistsException.class);
    }

    @Test
    void refusesAnApproversKeyAsADeliveryKey(@TempDir Path directory) throws IOException {
        KeyPair approver = OrderKeys.generate();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> X25519Key.of(approver.getPublic().getEncoded()));
        Path file = directory.resolve("a.key.pem");
        OrderKeys.writePrivate(file, approver.getPrivate());
        assertThatIllegalArgumentException().isThrownBy(() -> DeliveryKeys.read(file));
    }

    /** Little-endian: 0, 1, two points of order 8, p - 1, p, p + 1, and p + 2: another form of 2. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0100000000000000000000000000000000000000000000000000000000000000",
                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "0900000000000000000000000000000000000000000000000000000000000080"
            })
    void refusesAPointThatAgreesOnNoSecretOrHasAnotherForm(String point) {
        byte[] encoded = HexFormat.of().parseHex(HEAD + point);
        assertThatIllegalArgumentException().isThrownBy(() -> X25519Key.of(encoded));
    }

    /** What is refused by name here is what no secret comes of in the JDK. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"
            })
    void thePointsOfSmallOrderAreThese(String point) throws Exception {
        PublicKey key = KeyFactory.getInstance("X25519")
                .generatePublic(new X509EncodedKeySpec(HexFormat.of().parseHex(HEAD + point)));
        KeyAgreement agreement = KeyAgreement.getInstance("X25519");
        agreement.init(DeliveryKeys.generate().getPrivate());
        assertThatThrownBy(() -> agreement.doPhase(key, true)).hasMessageContaining("small order");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "MCowBQYDK2VuAyEA", "MCowBQYDK2VuAyEACQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    void refusesWhatIsNoKey(String base64) {
        assertThatIllegalArgumentException().isThrownBy(() -> new X25519Key(base64));
    }
}
