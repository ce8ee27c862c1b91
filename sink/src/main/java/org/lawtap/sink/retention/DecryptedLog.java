package org.lawtap.sink.retention;

import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.lawtap.schemas.content.ContentReader;
import org.lawtap.schemas.content.DeliveryKeyMissingException;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.sink.rebuild.LogRecord;
import org.lawtap.sink.rebuild.RebuildException;
import org.lawtap.sink.rebuild.RecordLog;

/** A warrant's log with its records out of their envelopes. Owned by one thread; closes the log that it reads. */
public final class DecryptedLog implements RecordLog {
    private final RecordLog log;
    private final ContentReader content;
    private final WarrantId warrant;

    public DecryptedLog(RecordLog log, WarrantId warrant, ContentReader.Keys keys) {
        this.log = log;
        this.warrant = warrant;
        this.content = new ContentReader(warrant, keys);
    }

    /** The keys that lie here; one that an order names and that is not here is missing, any other nobody will bring. */
    public static ContentReader.Keys keys(DeliveryKeyFiles files, WarrantId warrant, KafkaClients kafka) {
        return keyId -> {
            Optional<KeyPair> pair = files.find(warrant, keyId);
            if (pair.isEmpty() && named(kafka, warrant, keyId)) {
                throw new DeliveryKeyMissingException(keyId);
            }
            return pair;
        };
    }

    private static boolean named(KafkaClients kafka, WarrantId warrant, Sha256 keyId) {
        try (Consumer<String, byte[]> consumer = kafka.consumer(Map.of())) {
            return NamedKeys.read(consumer, warrant).contains(keyId);
        } catch (KafkaException e) {
            // Without the orders it may be a warrant's key.
            return true;
        }
    }

    @Override
    public long first() {
        return log.first();
    }

    @Override
    public long end() {
        return log.end();
    }

    @Override
    public List<LogRecord> next() throws RebuildException, InterruptedException {
        List<LogRecord> records = log.next();
        List<LogRecord> plain = new ArrayList<>(records.size());
        for (LogRecord record : records) {
            try {
                plain.add(new LogRecord(record.offset(), content.read(record.value())));
            } catch (DeliveryKeyMissingException e) {
                throw new RebuildException(
                        "the content of warrant " + warrant + " is encrypted and its delivery key " + e.keyId()
                                + " is not here: put it into LAWTAP_DELIVERY_KEYS_DIR as " + warrant
                                + ".key.pem; if it was destroyed, the content is gone for good",
                        e);
            }
        }
        return plain;
    }

    @Override
    public void close() {
        log.close();
    }
}
