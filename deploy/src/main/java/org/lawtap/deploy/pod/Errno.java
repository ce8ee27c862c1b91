package org.lawtap.deploy.pod;

/** Names of the error numbers that send(2) gives on a packet socket, for people (errno(3), Linux numbers). */
final class Errno {
    static final int ENOBUFS = 105;
    static final int EAGAIN = 11;
    static final int EINTR = 4;

    private Errno() {}

    static String name(int errno) {
        return switch (errno) {
            case 1 -> "EPERM";
            case EINTR -> "EINTR";
            case EAGAIN -> "EAGAIN";
            case 19 -> "ENODEV";
            case 22 -> "EINVAL";
            case 90 -> "EMSGSIZE";
            case 100 -> "ENETDOWN";
            case ENOBUFS -> "ENOBUFS";
            default -> "errno " + errno;
        };
    }
}
