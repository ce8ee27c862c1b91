package org.lawtap.worker.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The records of one warrant on the disk, first in, first out.
 *
 * <pre>
 *   | acknowledged | read, on the way to Kafka | unread        |
 *   0000000000000001.spill      0000000000000002.spill         '- append
 *                  '- rewind, read -'
 * </pre>
 *
 * A segment whose records are all acknowledged is deleted; nothing else remembers how far Kafka has it, so a restart sends at most
 * one segment's records, and what was on its way, again. Owned by one thread.
 */
final class WarrantSpill {
    private static final Logger LOG = LoggerFactory.getLogger(WarrantSpill.class);
    private static final Pattern SEGMENT = Pattern.compile("([0-9]{16})\\.spill(\\..*)?");

    private final Spill spill;
    private final WarrantId warrant;
    private final Path directory;
    private final List<SpillFile> files = new ArrayList<>();
    private @Nullable SpillFile writing;
    private @Nullable SpillFile reading;
    private long readOffset;
    private int readIndex;
    private long unread;
    private long nextSegment = 1;
    private long bytes;
    private long damagedFileBytes;
    private @Nullable String broken;
    private long brokenUntil;

    WarrantSpill(Spill spill, WarrantId warrant, Path directory) {
        this.spill = spill;
        this.warrant = warrant;
        this.directory = directory;
    }

    /** Takes over what an earlier process left. */
    Spill.Recovered recover() throws IOException {
        Damage damage = new Damage();
        long torn = 0;
        for (Path path : Spill.list(directory)) {
            String name = path.getFileName().toString();
            Matcher matcher = SEGMENT.matcher(name);
            boolean numbered = matcher.matches();
            if (numbered) {
                nextSegment = Math.max(nextSegment, Long.parseLong(matcher.group(1)) + 1);
            }
            if (name.endsWith(Spill.DAMAGED)) {
                keepDamaged(Spill.size(path));
            } else if (!numbered || matcher.group(2) != null || !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                setAside(path, "it is no segment", Spill.size(path), damage);
            } else {
                torn += recover(path, Long.parseLong(matcher.group(1)), damage);
            }
        }
        long records = 0;
        for (SpillFile file : files) {
            records += file.records();
        }
        unread = records;
        removeIfEmpty();
        return new Spill.Recovered(warrant, records, bytes - damagedFileBytes, torn, damage.told());
    }

    /** Returns the bytes of a torn end. */
    private long recover(Path path, long number, Damage damage) {
        try {
            SpillFile file = SpillFile.recover(path, spill.key(), warrant, number);
            if (file == null) {
                long torn = Spill.size(path);
                Files.delete(path);
                return torn;
            }
            if (file.records() == 0) {
                file.delete();
            } else {
                files.add(file);
                take(file.bytes());
            }
            return file.tornBytes();
        } catch (DamagedException | IOException e) {
            setAside(path, String.valueOf(e.getMessage()), Spill.size(path), damage);
            return 0;
        }
    }

    private void setAside(Path path, String why, long size, Damage damage) {
        LOG.error("{} is set aside: {}", Spill.printable(path.toString()), why);
        spill.setAside(path);
        keepDamaged(size);
        damage.add(path, why, size);
    }

    private void keepDamaged(long size) {
        damagedFileBytes += size;
        take(size);
    }

    /** Whether a record would be taken. Cheap. */
    boolean hasRoom() {
        return (broken == null || spill.now() - brokenUntil >= 0) && spill.open(bytes);
    }

    /** Why there is no room, for a reader. */
    String whyFull() {
        return broken == null ? spill.limits() : "the disk refuses: " + broken;
    }

    /** Whether there are records that were not read since they were written, or since the last {@link #rewind}. */
    boolean hasUnread() {
        return unread > 0;
    }

    /** Whether Kafka has acknowledged everything, and nothing but what was damaged is left on the disk. */
    boolean empty() {
        return files.isEmpty();
    }

    /** Bytes on the disk. */
    long bytes() {
        return bytes;
    }

    /** Appends a record; null if there is no room for it, or the disk refuses. */
    @Nullable
    Place append(SessionId session, byte[] value) {
        long frame = (long) SpillFile.FRAME_BYTES + SegmentCipher.sealedBytes(value.length);
        if (!hasRoom() || !spill.fits(bytes, frame + (writing == null ? SpillFile.HEADER_BYTES : 0))) {
            return null;
        }
        SpillFile to = null;
        try {
            to = writable(frame);
            Place place = new Place(to, to.end(), to.records());
            to.append(session, value);
            take(frame);
            unread++;
            broken = null;
            return place;
        } catch (IOException e) {
            broken(e);
            if (to != null) {
                endFailed(to);
            }
            return null;
        }
    }

    /** Appends a record that is already on its way to Kafka, behind others that are. */
    @Nullable
    Place appendRead(SessionId session, byte[] value) {
        if (unread > 0) {
            throw new IllegalStateException("a record on its way stands behind one that is not");
        }
        Place place = append(session, value);
        if (place != null) {
            reading = place.file();
            readOffset = place.file().end();
            readIndex = place.file().records();
            unread = 0;
        }
        return place;
    }

    /** A record read back. @param opened null if it was damaged: then it is given up, and told when its segment is done */
    record Read(Place place, long bytes, SegmentCipher.@Nullable Opened opened) {}

    /** Reads the next record; there must be one. */
    Read read() throws IOException {
        SpillFile file = readable();
        Place place = new Place(file, readOffset, readIndex);
        try {
            SpillFile.ReadBack record = file.read(readOffset, readIndex);
            advance(record.bytes(), 1);
            return new Read(place, record.bytes(), record.opened());
        } catch (DamagedException e) {
            LOG.error("warrant {}: {}: {}", warrant, file.path().getFileName(), e.getMessage());
            Place last = skip(file, place, String.valueOf(e.getMessage()));
            return new Read(last, readOffset - place.offset(), null);
        }
    }

    /** Skips the record; where its length is not known any more, the rest of its segment. Returns the last one skipped. */
    private Place skip(SpillFile file, Place place, String what) throws IOException {
        try {
            int frame = file.frameBytes(place.offset(), place.index());
            file.damaged(place.index(), frame, what);
            advance(frame, 1);
            return place;
        } catch (DamagedException e) {
            int rest = file.records() - place.index();
            file.damaged(file.records() - 1, file.end() - place.offset(), what);
            advance(file.end() - place.offset(), rest);
            return new Place(file, place.offset(), file.records() - 1);
        }
    }

    private void advance(long frame, int count) {
        readOffset += frame;
        readIndex += count;
        unread -= count;
    }

    /** The next record to be read is this one, again. */
    void rewind(Place to) throws IOException {
        closeUnlessWritten(reading);
        reading = to.file();
        readOffset = to.offset();
        readIndex = to.index();
        unread = -to.index();
        for (SpillFile file : files.subList(files.indexOf(to.file()), files.size())) {
            unread += file.records();
        }
    }

    /**
     * Kafka has this record and all before it, or it was given up. Deletes the segments that are done with; returns what was
     * damaged in one, or null.
     */
    Spill.@Nullable Damaged acknowledged(Place place) {
        SpillFile file = place.file();
        file.acknowledged(place.index());
        if (!file.allAcknowledged()) {
            return null;
        }
        files.remove(file);
        if (file == writing) {
            writing = null;
        }
        if (file == reading) {
            reading = null;
        }
        Damage damage = new Damage();
        try {
            if (file.damagedBytes() > 0) {
                file.close();
                long size = file.bytes();
                release(size);
                setAside(file.path(), file.damage(), size, damage);
                damage.bytes(file.damagedBytes());
            } else {
                file.delete();
                release(file.bytes());
            }
            removeIfEmpty();
        } catch (IOException e) {
            // Its bytes stay counted; a restart sends its records once more.
            LOG.warn("{} can't be removed: {}", file.path(), e.toString());
        }
        return damage.told();
    }

    /** Writes everything to the disk itself. */
    void force() throws IOException {
        for (SpillFile file : files) {
            file.force();
        }
    }

    void close() {
        for (SpillFile file : files) {
            try {
                file.close();
            } catch (IOException e) {
                LOG.warn("{} did not close: {}", file.path(), e.toString());
            }
        }
    }

    private SpillFile writable(long frame) throws IOException {
        SpillFile file = writing;
        if (file != null && file.end() + frame <= spill.segmentBytes()) {
            return file;
        }
        if (file != null) {
            writing = null;
            if (file != reading) {
                file.close();
            }
        }
        Spill.makeDirectory(directory);
        long segment = nextSegment;
        SpillFile made = SpillFile.create(
                directory.resolve("%016d.spill".formatted(segment)), spill.key(), warrant, segment, spill.salt());
        nextSegment++;
        files.add(made);
        take(made.bytes());
        writing = made;
        return made;
    }

    /** A nonce must not be used twice: a segment in which a write failed is written no more. */
    private void endFailed(SpillFile file) {
        writing = null;
        try {
            if (file.records() == 0) {
                files.remove(file);
                release(file.bytes());
                file.delete();
            } else {
                file.cutAfterFailure();
            }
        } catch (IOException e) {
            LOG.warn("{} keeps a torn end: {}", file.path(), e.toString());
        }
    }

    private void broken(IOException e) {
        if (broken == null) {
            LOG.error("warrant {}: spilling fails: {}", warrant, e.toString());
        }
        broken = String.valueOf(e.getMessage());
        brokenUntil = spill.now() + Spill.RETRY_NS;
    }

    private SpillFile readable() throws IOException {
        SpillFile file = reading;
        if (file == null) {
            file = files.getFirst();
            begin(file);
        }
        while (readIndex == file.records()) {
            closeUnlessWritten(file);
            file = files.get(files.indexOf(file) + 1);
            begin(file);
        }
        return file;
    }

    private void begin(SpillFile file) {
        reading = file;
        readOffset = SpillFile.HEADER_BYTES;
        readIndex = 0;
    }

    private void closeUnlessWritten(@Nullable SpillFile file) throws IOException {
        if (file != null && file != writing) {
            file.close();
        }
    }

    private void removeIfEmpty() throws IOException {
        if (files.isEmpty() && damagedFileBytes == 0) {
            try {
                Files.deleteIfExists(directory);
            } catch (java.nio.file.DirectoryNotEmptyException | NoSuchFileException e) {
                LOG.debug("{} stays", directory);
            }
        }
    }

    private void take(long more) {
        bytes += more;
        spill.take(more);
    }

    private void release(long less) {
        bytes -= less;
        spill.release(less);
    }

    /** Sums up what was set aside. */
    private final class Damage {
        private @Nullable String first;
        private String why = "";
        private int count;
        private long sum;

        void add(Path path, String reason, long size) {
            if (first == null) {
                first = Spill.printable(String.valueOf(path.getFileName()));
                why = reason;
            }
            count++;
            sum += size;
        }

        /** Instead of the whole file's. */
        void bytes(long damaged) {
            sum = damaged;
        }

        Spill.@Nullable Damaged told() {
            return first == null ? null : new Spill.Damaged(warrant, first, why, count, sum);
        }
    }
}
