package org.lawtap.sink.cli;

import java.nio.file.Path;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.sink.SinkConfig;
import org.lawtap.sink.rebuild.KafkaRecordLog;
import org.lawtap.sink.rebuild.RebuildException;
import org.lawtap.sink.rebuild.RecordLog;
import org.lawtap.sink.retention.DecryptedLog;
import org.lawtap.sink.retention.DeliveryKeyFiles;

/** Where the logs of warrants are, and the keys that read them, by the environment of a command. */
record LogReach(KafkaClients kafka, Path deliveryKeys) {
    /** @param clientId the command, to Kafka */
    static LogReach of(String clientId) throws StartException {
        Settings settings = new Settings(System.getenv());
        KafkaSettings kafka = KafkaSettings.declare(settings);
        Path deliveryKeys = SinkConfig.deliveryKeysDirectory(settings);
        settings.check();
        return new LogReach(new KafkaClients(kafka, clientId), deliveryKeys);
    }

    /** A warrant's records out of their envelopes. @param endMax offset before which reading ends, also if there is more */
    RecordLog open(WarrantId warrant, int fetchBytes, long endMax) throws RebuildException {
        return new DecryptedLog(
                KafkaRecordLog.open(kafka, warrant, fetchBytes, endMax),
                warrant,
                DecryptedLog.keys(new DeliveryKeyFiles(deliveryKeys), warrant, kafka));
    }
}
