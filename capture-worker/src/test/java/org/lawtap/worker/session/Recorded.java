package org.lawtap.worker.session;

import java.util.ArrayList;
import java.util.List;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;

/** A packet log that keeps what it is given. */
final class Recorded implements PacketLog {
    final List<PacketEvent> events = new ArrayList<>();
    boolean room = true;
    boolean fails;

    @Override
    public boolean hasRoom(WarrantId warrant) {
        return room;
    }

    @Override
    public void send(WarrantId warrant, SessionId session, byte[] value) {
        try {
            events.add(PacketCodec.decode(value));
        } catch (WireException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public int doWork() {
        return 0;
    }

    @Override
    public boolean failed(SessionId session) {
        return fails;
    }

    List<SessionOpened> opened() {
        return of(PacketEvent.Opened.class).stream()
                .map(PacketEvent.Opened::statement)
                .toList();
    }

    List<SessionId> sessions() {
        return of(PacketEvent.Opened.class).stream()
                .map(PacketEvent.Opened::session)
                .toList();
    }

    List<PacketEvent.Batch> batches() {
        return of(PacketEvent.Batch.class);
    }

    List<Packet> packets() {
        return batches().stream().flatMap(batch -> batch.packets().stream()).toList();
    }

    List<Checkpoint> checkpoints() {
        return of(PacketEvent.Accounted.class).stream()
                .map(PacketEvent.Accounted::checkpoint)
                .toList();
    }

    private <T extends PacketEvent> List<T> of(Class<T> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }
}
