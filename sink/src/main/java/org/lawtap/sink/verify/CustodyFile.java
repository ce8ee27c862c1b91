package org.lawtap.sink.verify;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Predicate;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.WireException;
import tools.jackson.core.JacksonException;

/** The custody records that were exported at the seal: a line each, of which the exact value counts. */
final class CustodyFile {
    private static final int EVENTS_MAX = 1_000_000;

    private CustodyFile() {}

    /** The events that are asked for, in their order; lines that can't be read are passed over. */
    static List<CustodyEvent> read(Path file, Predicate<CustodyEvent> wanted) throws IOException {
        List<CustodyEvent> events = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null && events.size() < EVENTS_MAX; line = lines.readLine()) {
                try {
                    String value = Fields.MAPPER.readTree(line).path("v").asString("");
                    CustodyEvent event = CustodyCodec.decode(Base64.getDecoder().decode(value));
                    if (wanted.test(event)) {
                        events.add(event);
                    }
                } catch (JacksonException | IllegalArgumentException | WireException e) {
                    // The seal's hash shows that the file was changed.
                }
            }
        } catch (MalformedInputException e) {
            return events;
        }
        return events;
    }
}
