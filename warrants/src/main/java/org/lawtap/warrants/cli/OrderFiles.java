package org.lawtap.warrants.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyPair;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;

/** The files of an order: its exact bytes, its signatures in {@code FILE.dsse.json}, and approvers' keys. */
final class OrderFiles {
    private static final String PRIVATE = ".key.pem";

    private OrderFiles() {}

    /** An order's exact bytes. @throws IllegalArgumentException if there are too many */
    static byte[] read(Path file) throws IOException {
        if (Files.size(file) > SignedOrder.PAYLOAD_BYTES_MAX) {
            throw new IllegalArgumentException(
                    file + " is too large: an order has " + SignedOrder.PAYLOAD_BYTES_MAX + " bytes at most");
        }
        return Files.readAllBytes(file);
    }

    /** A drafted warrant. @throws IllegalArgumentException saying what is wrong with it */
    static Warrant readWarrant(Path file) throws IOException {
        byte[] payload = read(file);
        if (OrderJson.read(OrderJson.payloadType(payload), payload) instanceof Warrant warrant) {
            return warrant;
        }
        throw new IllegalArgumentException(file + " is an order, and no warrant");
    }

    /** Writes a draft; refuses to overwrite. */
    static void writeNew(Path file, Order order) throws IOException {
        Files.write(file, OrderJson.write(order), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    static Path envelopeOf(Path file) {
        return file.resolveSibling(file.getFileName() + ".dsse.json");
    }

    /** An approver's key pair. */
    static KeyPair readKeys(Path privateFile) throws IOException {
        String name = privateFile.getFileName().toString();
        if (!name.endsWith(PRIVATE)) {
            throw new IllegalArgumentException(
                    privateFile + " must be named NAME.key.pem, with NAME.pub.pem beside it");
        }
        Path publicFile = privateFile.resolveSibling(name.replace(PRIVATE, ".pub.pem"));
        return new KeyPair(OrderKeys.readPublic(publicFile), OrderKeys.readPrivate(privateFile));
    }

    /** What an order is, for a sentence that names its warrant next. */
    static String what(Order order) {
        return switch (order) {
            case Warrant ignored -> "warrant";
            case Order.Revocation ignored -> "revocation of warrant";
            case Order.Hold ignored -> "hold of warrant";
            case Order.Release ignored -> "release of warrant";
            case Order.Destruction ignored -> "destruction of the content of warrant";
        };
    }
}
