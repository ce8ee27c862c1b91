package org.lawtap.deploy.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes that are being written, in a buffer that grows; owned by one thread. */
final class Bytes {
    private byte[] buffer;
    private int length;

    Bytes(int capacity) {
        buffer = new byte[capacity];
    }

    int length() {
        return length;
    }

    /** The buffer itself; valid until the next write. */
    byte[] array() {
        return buffer;
    }

    Bytes clear() {
        length = 0;
        return this;
    }

    /** Leaves this many bytes free, to be set later by {@link #set}. */
    Bytes skip(int count) {
        require(count);
        length += count;
        return this;
    }

    void set(int at, int value) {
        buffer[at] = (byte) value;
    }

    Bytes raw(byte[] bytes) {
        require(bytes.length);
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
        return this;
    }

    /** Text of ASCII characters. */
    @SuppressWarnings("deprecation") // the one way to copy ASCII without an array between
    Bytes ascii(String text) {
        require(text.length());
        text.getBytes(0, text.length(), buffer, length);
        length += text.length();
        return this;
    }

    byte[] toArray() {
        return Arrays.copyOf(buffer, length);
    }

    @Override
    public String toString() {
        return new String(buffer, 0, length, StandardCharsets.UTF_8);
    }

    private void require(int more) {
        if (length + more > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + more));
        }
    }
}
