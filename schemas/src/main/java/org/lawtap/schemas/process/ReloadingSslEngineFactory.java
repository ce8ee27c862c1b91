package org.lawtap.schemas.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.security.auth.SslEngineFactory;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kafka's own, made anew when the files of key and certificates have changed: each connection that is opened then uses them, and no process
 * need be started again when its certificate is renewed. Files that can't be read change nothing.
 */
public final class ReloadingSslEngineFactory implements SslEngineFactory {
    private static final Logger LOG = LoggerFactory.getLogger(ReloadingSslEngineFactory.class);
    private static final long LOOK_NS = 1_000_000_000L;

    private Map<String, ?> configs = Map.of();
    private DefaultSslEngineFactory current = new DefaultSslEngineFactory();
    private Map<Path, String> stamps = Map.of();
    private long lookedAt;

    @Override
    public synchronized void configure(Map<String, ?> given) {
        configs = new HashMap<>(given);
        stamps = stamps();
        current.configure(configs);
        lookedAt = System.nanoTime();
    }

    private synchronized DefaultSslEngineFactory current() {
        if (System.nanoTime() - lookedAt >= LOOK_NS) {
            lookedAt = System.nanoTime();
            Map<Path, String> now = stamps();
            if (!now.equals(stamps)) {
                stamps = now;
                DefaultSslEngineFactory next = new DefaultSslEngineFactory();
                try {
                    next.configure(configs);
                    current.close();
                    current = next;
                    LOG.info("the files of key and certificates have changed; new connections to Kafka use them");
                } catch (RuntimeException e) {
                    next.close();
                    LOG.warn("the files of key and certificates have changed and can't be used: {}", e.toString());
                }
            }
        }
        return current;
    }

    private Map<Path, String> stamps() {
        Map<Path, String> found = new HashMap<>();
        for (String name :
                new String[] {SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG, SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG}) {
            if (configs.get(name) instanceof String text) {
                Path file = Path.of(text);
                found.put(file, stamp(file));
            }
        }
        return found;
    }

    /** Of the file itself: in Kubernetes it is reached by links that are exchanged. */
    private static String stamp(Path file) {
        try {
            Path real = file.toRealPath();
            return real + " " + Files.getLastModifiedTime(real) + " " + Files.size(real);
        } catch (IOException e) {
            return "unreadable";
        }
    }

    @Override
    public SSLEngine createClientSslEngine(String peerHost, int peerPort, String endpointIdentification) {
        return current().createClientSslEngine(peerHost, peerPort, endpointIdentification);
    }

    @Override
    public SSLEngine createServerSslEngine(String peerHost, int peerPort) {
        return current().createServerSslEngine(peerHost, peerPort);
    }

    @Override
    public boolean shouldBeRebuilt(Map<String, Object> nextConfigs) {
        return current().shouldBeRebuilt(nextConfigs);
    }

    @Override
    public Set<String> reconfigurableConfigs() {
        return current().reconfigurableConfigs();
    }

    @Override
    public @Nullable KeyStore keystore() {
        return current().keystore();
    }

    @Override
    public @Nullable KeyStore truststore() {
        return current().truststore();
    }

    @Override
    public synchronized void close() {
        current.close();
    }
}
