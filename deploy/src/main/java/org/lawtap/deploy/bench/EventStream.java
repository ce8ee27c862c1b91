package org.lawtap.deploy.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/** How the parts of a body reach the client: as chunks (RFC 9112, 7.1) or as WebSocket messages (RFC 6455). */
sealed interface EventStream {
    /** An empty buffer to write the next part into. */
    Bytes begin() throws IOException;

    /** Sends what was written since {@link #begin}. */
    void send() throws IOException;

    /** Ends the body in order. */
    void end() throws IOException;

    /** Chunked transfer coding; each part is one chunk and one write. */
    final class Chunked implements EventStream {
        private static final int SIZE_DIGITS = 8;
        private static final byte[] LINE_END = {'\r', '\n'};
        private static final byte[] LAST = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

        private final OutputStream out;
        private final Bytes buffer = new Bytes(64 << 10);

        Chunked(OutputStream out) {
            this.out = out;
        }

        @Override
        public Bytes begin() {
            return buffer.clear().skip(SIZE_DIGITS).raw(LINE_END);
        }

        @Override
        public void send() throws IOException {
            int size = buffer.length() - SIZE_DIGITS - LINE_END.length;
            if (size == 0) {
                return; // an empty chunk would be the last
            }
            String digits = HexFormat.of().toHexDigits(size);
            for (int i = 0; i < SIZE_DIGITS; i++) {
                buffer.set(i, digits.charAt(i));
            }
            buffer.raw(LINE_END);
            out.write(buffer.array(), 0, buffer.length());
        }

        @Override
        public void end() throws IOException {
            out.write(LAST);
        }
    }

    /** WebSocket, the server's side; each part is one text message. Its frames and those of {@link #control} do not mix. */
    final class WebSocket implements EventStream {
        private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        private static final int FINAL_TEXT = 0x81;
        private static final int FINAL_CLOSE = 0x88;
        private static final int LENGTH_16_BITS = 126;
        private static final int NORMAL_CLOSURE = 1000;
        private static final int HEAD_BYTES = 4;

        private final OutputStream out;
        private final Bytes buffer = new Bytes(16 << 10);

        WebSocket(OutputStream out) {
            this.out = out;
        }

        /** The answer to a handshake's key. */
        static String accept(String key) {
            try {
                byte[] hash =
                        MessageDigest.getInstance("SHA-1").digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
                return Base64.getEncoder().encodeToString(hash);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has SHA-1", e);
            }
        }

        @Override
        public Bytes begin() {
            return buffer.clear().skip(HEAD_BYTES);
        }

        @Override
        public void send() throws IOException {
            int size = buffer.length() - HEAD_BYTES;
            if (size < LENGTH_16_BITS || size > 0xFFFF) {
                throw new IllegalStateException("an event of " + size + " bytes does not fit this frame");
            }
            buffer.set(0, FINAL_TEXT);
            buffer.set(1, LENGTH_16_BITS);
            buffer.set(2, size >> 8);
            buffer.set(3, size);
            synchronized (this) {
                out.write(buffer.array(), 0, buffer.length());
            }
        }

        @Override
        public void end() throws IOException {
            control(FINAL_CLOSE, new byte[] {(byte) (NORMAL_CLOSURE >> 8), (byte) NORMAL_CLOSURE});
        }

        /** Sends a control frame; any thread. */
        synchronized void control(int first, byte[] payload) throws IOException {
            byte[] frame = new byte[2 + payload.length];
            frame[0] = (byte) first;
            frame[1] = (byte) payload.length;
            System.arraycopy(payload, 0, frame, 2, payload.length);
            out.write(frame);
        }
    }
}
