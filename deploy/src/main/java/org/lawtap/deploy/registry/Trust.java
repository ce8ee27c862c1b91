package org.lawtap.deploy.registry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Whose word for a registry's certificate counts. */
final class Trust {
    private Trust() {}

    /** That of the authorities in this PEM file, and of nobody else. */
    static SSLContext in(Path file) throws RegistryException {
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> authorities =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (authorities.isEmpty()) {
                throw RegistryException.misconfigured(file + " holds no certificate; it must be a PEM file with the"
                        + " certificate of the registry's authority");
            }
            return of(authorities);
        } catch (CertificateException e) {
            throw RegistryException.misconfigured("the certificates in " + file + " can't be read: " + e.getMessage());
        } catch (IOException e) {
            throw RegistryException.misconfigured(file + " can't be read: " + e.getMessage());
        }
    }

    private static SSLContext of(Collection<? extends Certificate> authorities) throws IOException {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate authority : authorities) {
                store.setCertificateEntry("authority-" + number++, authority);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no TLS", e);
        }
    }
}
