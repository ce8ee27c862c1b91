package org.lawtap.worker.kernel;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.InterfaceCounters;

/** The interfaces of the worker's network namespace. */
public interface Links extends AutoCloseable {
    /** All of them. */
    List<Link> all() throws KernelException;

    /** The one with this index, or null if it is gone. */
    @Nullable
    Link find(int index) throws KernelException;

    /** This namespace's id of the network namespace of a process; -1 if no interface here leads there. */
    int namespaceIdOf(int pid) throws KernelException;

    /** From now on keeps the last counters of this interface, should it be removed; once for each {@link #unwatch}. */
    void watch(Link link);

    /** Ends a {@link #watch}. */
    void unwatch(Link link);

    /** What the kernel said when it removed a watched interface; null if it did not, or it was not heard. */
    @Nullable
    Removal removal(Link last) throws KernelException;

    /**
     * The last words about a removed interface.
     *
     * @param counters its final counters; where {@code complete} is false, the packets from the pod are only those of the
     *     last reading
     * @param complete whether they also cover the packets from the pod to the end
     */
    record Removal(InterfaceCounters counters, boolean complete) {}

    @Override
    void close() throws KernelException;
}
