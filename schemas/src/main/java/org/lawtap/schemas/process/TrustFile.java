package org.lawtap.schemas.process;

import java.io.IOException;
import java.nio.file.Path;
import org.lawtap.schemas.order.TrustList;

/** The trust list as every process gets it: a file named by {@code LAWTAP_TRUST_LIST}. */
public final class TrustFile {
    private TrustFile() {}

    /** Reads it. @throws StartException that says what to mend */
    public static TrustList read(Path file) throws StartException {
        try {
            return TrustList.read(file);
        } catch (IOException e) {
            throw new StartException("LAWTAP_TRUST_LIST=" + file + " can't be read; does the file exist?", e);
        } catch (IllegalArgumentException e) {
            throw new StartException("LAWTAP_TRUST_LIST=" + file + ": " + e.getMessage(), e);
        }
    }
}
