package org.lawtap.deploy.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The capture files of a directory while they are written, pcap or pcapng, little-endian, one after the other by name: what of them
 * can be read is read once. Owned by one thread.
 */
final class GrowingCapture implements AutoCloseable {
    private static final int BUFFER_BYTES = 4 << 20;
    private static final int PCAP_MICROS = 0xA1B2C3D4;
    private static final int PCAP_NANOS = 0xA1B23C4D;
    private static final int PCAP_HEADER_BYTES = 24;
    private static final int PCAP_RECORD_BYTES = 16;
    private static final int NG_SECTION = 0x0A0D0D0A;
    private static final int NG_INTERFACE = 1;
    private static final int NG_PACKET = 6;
    private static final int NG_HEAD_BYTES = 8;
    private static final int NG_INTERFACE_BYTES = 16;
    private static final int NG_OPTION_RESOLUTION = 9;
    private static final int MICROS_EXPONENT = 6;
    private static final int NANOS_EXPONENT = 9;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long NANOS_PER_MICRO = 1000;

    private final Path directory;
    private final String suffix;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final List<Long> nanosPerUnit = new ArrayList<>();
    private @Nullable Path file;
    private @Nullable FileChannel channel;
    private Form form = Form.UNKNOWN;
    private long packets;

    private enum Form {
        UNKNOWN,
        PCAP_OF_MICROS,
        PCAP_OF_NANOS,
        PCAPNG
    }

    /** @param directory where the files will be; it need not be there yet */
    GrowingCapture(Path directory, String suffix) {
        this.directory = directory;
        this.suffix = suffix;
    }

    /** Reads on to the present end and returns how many packets there are in all. @param times gets each new packet's nanoseconds since 1970 */
    long read(LongConsumer times) throws BenchException {
        try {
            while (readMore(times) || openNext()) {
                // Until the end of the last file.
            }
            return packets;
        } catch (IOException e) {
            throw new BenchException("the capture file in " + directory + " can't be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // A file that was only read has nothing to lose.
            }
        }
    }

    private boolean readMore(LongConsumer times) throws IOException, BenchException {
        FileChannel open = channel;
        if (open == null || open.read(buffer) <= 0) {
            return false;
        }
        buffer.flip();
        int before = buffer.position();
        while (parse(times)) {
            // Whole blocks only.
        }
        if (buffer.position() == before && buffer.remaining() == buffer.capacity()) {
            throw new BenchException(file + " holds a block of more than " + BUFFER_BYTES + " bytes");
        }
        buffer.compact();
        return true;
    }

    /** The next file by name, when nothing of the present one is left over. */
    private boolean openNext() throws IOException {
        if (buffer.position() > 0) {
            return false;
        }
        Path next;
        try (Stream<Path> files = Files.list(directory)) {
            next = files.filter(each -> each.toString().endsWith(suffix))
                    .filter(each -> file == null || each.compareTo(file) > 0)
                    .sorted()
                    .findFirst()
                    .orElse(null);
        } catch (NoSuchFileException e) {
            return false;
        }
        if (next == null) {
            return false;
        }
        close();
        file = next;
        form = Form.UNKNOWN;
        channel = FileChannel.open(next, StandardOpenOption.READ);
        return true;
    }

    /** One record or block; false when it is not whole yet. */
    private boolean parse(LongConsumer times) throws BenchException {
        return switch (form) {
            case UNKNOWN -> parseBeginning();
            case PCAP_OF_MICROS -> parseRecord(times, NANOS_PER_MICRO);
            case PCAP_OF_NANOS -> parseRecord(times, 1);
            case PCAPNG -> parseBlock(times);
        };
    }

    private boolean parseBeginning() throws BenchException {
        if (buffer.remaining() < PCAP_HEADER_BYTES) {
            return false;
        }
        int magic = buffer.getInt(buffer.position());
        if (magic == NG_SECTION) {
            form = Form.PCAPNG;
            return true;
        }
        if (magic != PCAP_MICROS && magic != PCAP_NANOS) {
            throw new BenchException(file + " is no capture file");
        }
        form = magic == PCAP_NANOS ? Form.PCAP_OF_NANOS : Form.PCAP_OF_MICROS;
        buffer.position(buffer.position() + PCAP_HEADER_BYTES);
        return true;
    }

    private boolean parseRecord(LongConsumer times, long nanosPerFraction) {
        int at = buffer.position();
        if (buffer.remaining() < PCAP_RECORD_BYTES) {
            return false;
        }
        int length = buffer.getInt(at + 8);
        if (buffer.remaining() < PCAP_RECORD_BYTES + length) {
            return false;
        }
        packets++;
        times.accept(Integer.toUnsignedLong(buffer.getInt(at)) * NANOS_PER_SECOND
                + buffer.getInt(at + 4) * nanosPerFraction);
        buffer.position(at + PCAP_RECORD_BYTES + length);
        return true;
    }

    private boolean parseBlock(LongConsumer times) {
        int at = buffer.position();
        if (buffer.remaining() < NG_HEAD_BYTES || buffer.remaining() < buffer.getInt(at + 4)) {
            return false;
        }
        int length = buffer.getInt(at + 4);
        switch (buffer.getInt(at)) {
            case NG_SECTION -> nanosPerUnit.clear();
            case NG_INTERFACE -> nanosPerUnit.add(resolution(at + NG_INTERFACE_BYTES, at + length - 4));
            case NG_PACKET -> {
                packets++;
                long time =
                        (long) buffer.getInt(at + 12) << Integer.SIZE | Integer.toUnsignedLong(buffer.getInt(at + 16));
                times.accept(time * nanosPerUnit.get(buffer.getInt(at + 8)));
            }
            default -> {}
        }
        buffer.position(at + length);
        return true;
    }

    /** Of an interface's times: microseconds if no option says otherwise. */
    private long resolution(int from, int to) {
        int exponent = MICROS_EXPONENT;
        for (int at = from; at + 4 <= to; ) {
            int length = Short.toUnsignedInt(buffer.getShort(at + 2));
            if (buffer.getShort(at) == NG_OPTION_RESOLUTION) {
                exponent = buffer.get(at + 4);
            }
            at += 4 + ((length + 3) & ~3);
        }
        long nanos = 1;
        for (int i = exponent; i < NANOS_EXPONENT; i++) {
            nanos *= 10;
        }
        return nanos;
    }
}
