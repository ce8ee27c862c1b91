package org.lawtap.sink.verify;

/** Is told how far a long check has come. */
public interface Progress {
    Progress NONE = new Progress() {
        @Override
        public void begin(String what, long bytes) {}

        @Override
        public void advance(long bytes) {}
    };

    /** A part of the work begins. @param bytes that it will read, about */
    void begin(String what, long bytes);

    /** So many bytes more are read. */
    void advance(long bytes);
}
