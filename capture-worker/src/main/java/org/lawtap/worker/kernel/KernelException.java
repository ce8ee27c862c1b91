package org.lawtap.worker.kernel;

import java.io.IOException;

/** The kernel refused a call. */
public final class KernelException extends IOException {
    private static final long serialVersionUID = 1L;

    /** errno(3) numbers that callers tell apart. */
    public static final int EPERM = 1;

    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EAGAIN = 11;
    public static final int ENODEV = 19;
    public static final int EINVAL = 22;
    public static final int ENOSPC = 28;
    public static final int EOPNOTSUPP = 95;
    public static final int ENETDOWN = 100;
    public static final int ENOBUFS = 105;

    private final int errno;

    KernelException(String call, int errno) {
        super(call + " failed: " + name(errno));
        this.errno = errno;
    }

    /** The error number. */
    public int errno() {
        return errno;
    }

    private static String name(int errno) {
        return switch (errno) {
            case EPERM -> "not permitted (EPERM); run as root or with CAP_NET_RAW";
            case 12 -> "out of memory (ENOMEM); a smaller LAWTAP_CAPTURE_RING_BYTES may fit";
            case ENODEV -> "no such device (ENODEV)";
            case ENETDOWN -> "the interface is down (ENETDOWN)";
            default -> "errno " + errno;
        };
    }
}
