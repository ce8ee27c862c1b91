package org.lawtap.sink.verify;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.sink.pcapng.PcapngException;
import org.lawtap.sink.pcapng.PcapngReader;

/**
 * The packets of a capture file, taken one by one as the ledger names them. Where the file has another packet than the ledger, it
 * looks ahead to tell a packet that was changed in its place from one that was put in and from one that was taken out, so that
 * the records after it are still found. Owned by one thread.
 */
final class PacketCursor {
    private static final int AHEAD_MAX = 1024;

    /** Looking ahead costs many reads; a file that is wholly another one is not worth them. */
    private static final int LOOKS_MAX = 1000;

    private final PcapngReader reader;
    private final SessionsOfFile sessions;
    private int looks;
    private long extra;

    /** Which session an interface of the file belongs to. */
    interface SessionsOfFile {
        @Nullable
        SessionId of(int interfaceId);
    }

    PacketCursor(PcapngReader reader, SessionsOfFile sessions) {
        this.reader = reader;
        this.sessions = sessions;
    }

    /** What the file has for a packet that the ledger names. @param frame null unless it is that packet */
    record Taken(PcapngReader.@Nullable Frame frame, String problem) {
        static Taken found(PcapngReader.Frame frame) {
            return new Taken(frame, "");
        }

        static Taken not(String problem) {
            return new Taken(null, problem);
        }
    }

    private record Head(long at, @Nullable SessionId session, long id) {}

    /** Packets so far that the ledger does not name. */
    long extra() {
        return extra;
    }

    /** Takes the packet of this session and sequence. @param next the sequence that comes next in a session */
    Taken take(SessionId session, long sequence, ToLongFunction<SessionId> next) throws IOException, PcapngException {
        PcapngReader.Frame frame = reader.next();
        if (frame == null) {
            return Taken.not("the capture file ends before packet " + sequence);
        }
        if (is(head(frame), session, sequence)) {
            return Taken.found(frame);
        }
        if (looks >= LOOKS_MAX) {
            return Taken.not("packet " + sequence + " is another one");
        }
        looks++;
        return resolve(frame, session, sequence, next);
    }

    /** How many packets are left. */
    long rest() throws IOException, PcapngException {
        long rest = 0;
        while (reader.next() != null) {
            rest++;
        }
        return rest;
    }

    private Taken resolve(PcapngReader.Frame frame, SessionId session, long sequence, ToLongFunction<SessionId> next)
            throws IOException, PcapngException {
        long after = reader.position();
        Head present = head(frame);
        List<Head> ahead = ahead();
        boolean inOrder = follows(present, session, sequence, next);
        boolean nextInOrder = !ahead.isEmpty() && follows(ahead.getFirst(), session, sequence, next);
        int at = indexOf(ahead, session, sequence);
        if (at == 0 || (at > 0 && (inOrder || !nextInOrder))) {
            extra += at + 1L;
            reader.position(ahead.get(at).at());
            PcapngReader.Frame found = reader.next();
            return found == null ? Taken.not("packet " + sequence + " is gone") : Taken.found(found);
        }
        boolean later = present.session() != null
                && present.id() > (present.session().equals(session) ? sequence : next.applyAsLong(present.session()))
                && !ahead.isEmpty()
                && present.session().equals(ahead.getFirst().session())
                && ahead.getFirst().id() == present.id() + 1;
        if (inOrder || (later && !nextInOrder)) {
            reader.position(present.at());
            return Taken.not("packet " + sequence + " is not in the capture file");
        }
        reader.position(after);
        return Taken.not("packet " + sequence + " is another one");
    }

    /** Whether this is the packet that comes after the one that is looked for, in its session or in another one. */
    private static boolean follows(Head head, SessionId session, long sequence, ToLongFunction<SessionId> next) {
        SessionId its = head.session();
        if (its == null) {
            return false;
        }
        return its.equals(session) ? head.id() == sequence + 1 : head.id() == next.applyAsLong(its);
    }

    private static boolean is(Head head, SessionId session, long sequence) {
        return session.equals(head.session()) && head.id() == sequence;
    }

    private static int indexOf(List<Head> heads, SessionId session, long sequence) {
        for (int i = 0; i < heads.size(); i++) {
            if (is(heads.get(i), session, sequence)) {
                return i;
            }
        }
        return -1;
    }

    private Head head(PcapngReader.Frame frame) {
        return new Head(reader.packetAt(), sessions.of(frame.interfaceId()), frame.id());
    }

    private List<Head> ahead() throws IOException {
        List<Head> ahead = new ArrayList<>();
        try {
            while (ahead.size() < AHEAD_MAX) {
                PcapngReader.Frame frame = reader.next();
                if (frame == null) {
                    return ahead;
                }
                ahead.add(head(frame));
            }
        } catch (PcapngException e) {
            // What can't be read is met again when its turn comes.
            return ahead;
        }
        return ahead;
    }
}
