package org.lawtap.worker.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.worker.engine.Engine;

/** What a warrant does not grant is seen, counted and not kept, on a real interface. Needs root. */
final class ScopeIT extends LoopScenes {
    private static final String CONTENT = "what nobody may read";
    private static final int LINK = 14;
    private static final int TAG = 4;
    private static final int IPV4 = 20;
    private static final int UDP = 8;

    @ParameterizedTest
    @EnumSource(Engine.Kind.class)
    void headersOnlyKeepsNoByteOfContent(Engine.Kind kind) throws Exception {
        warrant = around(now, Warrant.Scope.HEADERS, null);
        List<byte[]> frames = new ArrayList<>();
        List<Integer> headers = new ArrayList<>();
        for (int size : new int[] {0, 1, 100, 1300}) {
            frames.add(udp(new byte[0], size));
            headers.add(LINK + IPV4 + UDP);
            frames.add(udp(new byte[] {(byte) 0x81, 0, 0, 9}, size));
            headers.add(LINK + TAG + IPV4 + UDP);
            frames.add(unknown(size));
            headers.add(LINK);
        }
        loop(kind, loop -> {
            podWithASession(loop);
            namespaces.send(pod, "eth0", frames);
            namespaces.send(node, "h0", frames);
            until(loop, () -> log.packets().size() == 2 * frames.size());
            loop.endAll(StopReason.WORKER_SHUTDOWN);
        });
        assertThat(log.opened().getFirst().headersOnly()).isTrue();
        assertThat(log.values).noneMatch(value -> new String(value, StandardCharsets.ISO_8859_1).contains(CONTENT));
        long left = 0;
        for (Packet.Direction direction : List.of(Packet.Direction.FROM_POD, Packet.Direction.TO_POD)) {
            List<Packet> packets = log.packets().stream()
                    .filter(packet -> packet.direction() == direction)
                    .toList();
            assertThat(packets).hasSameSizeAs(frames);
            for (int i = 0; i < packets.size(); i++) {
                Packet packet = packets.get(i);
                byte[] frame = frames.get(i);
                int kept = headers.get(i);
                assertThat(packet.data()).isEqualTo(ByteBuffer.wrap(frame, 0, kept));
                assertThat(packet.originalLength()).isEqualTo(frame.length);
                assertThat((packet.flags() & Packet.CUT_BY_SCOPE) != 0).isEqualTo(kept < frame.length);
                left += frame.length - kept;
            }
        }
        Checkpoint last = log.checkpoints().getLast();
        assertThat(last.cutByScopeBytes()).isEqualTo(left);
        assertThat(last.truncated()).isZero();
        assertThat(last.unaccounted()).isZero();
        assertThat(last.interfaceExact()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Engine.Kind.class)
    void whatTheFilterRefusesIsCountedAndNotKept(Engine.Kind kind) throws Exception {
        warrant = around(now, Warrant.Scope.CONTENT, "udp");
        loop(kind, loop -> {
            podWithASession(loop);
            namespaces.send(pod, "eth0", Collections.nCopies(30, unknown(100)));
            namespaces.send(node, "h0", Collections.nCopies(7, udp(new byte[0], 100)));
            namespaces.send(pod, "eth0", Collections.nCopies(5, udp(new byte[0], 100)));
            until(loop, () -> log.packets().size() == 12);
            loop.endAll(StopReason.WORKER_SHUTDOWN);
        });
        Checkpoint last = log.checkpoints().getLast();
        assertThat(last.kernelReceived()).isEqualTo(12);
        assertThat(last.refusedByFilter()).isEqualTo(30);
        assertThat(last.unaccountedBehindFilter()).isZero();
        assertThat(last.interfaceExact()).isTrue();
    }

    /** To all, so that it is for the pod. @param tag none, or a VLAN tag */
    private static byte[] udp(byte[] tag, int contentBytes) {
        ByteBuffer frame = ByteBuffer.allocate(LINK + tag.length + IPV4 + UDP + contentBytes);
        frame.putShort((short) 0xffff).putInt(-1).putShort((short) 0x0200).putInt(9);
        frame.put(tag).putShort((short) 0x0800);
        frame.put((byte) 0x45).put((byte) 0).putShort((short) (IPV4 + UDP + contentBytes));
        frame.putInt(0).put((byte) 64).put((byte) 17).putShort((short) 0);
        frame.putInt(0x0a000001).putInt(0x0a000002);
        frame.putInt(0x1f900035).putShort((short) (UDP + contentBytes)).putShort((short) 0);
        return filled(frame);
    }

    private static byte[] unknown(int contentBytes) {
        ByteBuffer frame = ByteBuffer.allocate(LINK + contentBytes);
        frame.putShort((short) 0xffff)
                .putInt(-1)
                .putShort((short) 0x0200)
                .putInt(9)
                .putShort((short) 0x88b5);
        return filled(frame);
    }

    private static byte[] filled(ByteBuffer frame) {
        for (int i = 0; frame.hasRemaining(); i++) {
            frame.put((byte) CONTENT.charAt(i % CONTENT.length()));
        }
        byte[] bytes = new byte[frame.capacity()];
        frame.get(0, bytes);
        return bytes;
    }
}
