package org.lawtap.deploy.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A kubeconfig file for an API server without TLS and without users. */
public final class Kubeconfig {
    private Kubeconfig() {}

    /** Writes one that points to this URL. */
    public static void write(String url, Path file) throws SandboxException {
        String text = """
                apiVersion: v1
                kind: Config
                clusters:
                - name: lawtap-sandbox
                  cluster:
                    server: %s
                users:
                - name: lawtap-sandbox
                  user: {}
                contexts:
                - name: lawtap-sandbox
                  context:
                    cluster: lawtap-sandbox
                    user: lawtap-sandbox
                current-context: lawtap-sandbox
                """.formatted(url);
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new SandboxException("the kubeconfig " + file + " cannot be written: " + e, e);
        }
    }
}
