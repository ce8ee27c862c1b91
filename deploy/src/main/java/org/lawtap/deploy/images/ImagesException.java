package org.lawtap.deploy.images;

import java.io.Serial;

/** Why an image can't be built; one sentence that says what to do. */
final class ImagesException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    ImagesException(String message) {
        super(message);
    }

    ImagesException(String message, Throwable cause) {
        super(message, cause);
    }
}
