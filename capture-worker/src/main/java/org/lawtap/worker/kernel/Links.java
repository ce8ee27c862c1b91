package org.lawtap.worker.kernel;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The interfaces of the worker's network namespace. */
public interface Links extends AutoCloseable {
    /** All of them. */
    List<Link> all() throws KernelException;

    /** The one with this index, or null if it is gone. */
    @Nullable
    Link find(int index) throws KernelException;

    /** This namespace's id of the network namespace of a process; -1 if no interface here leads there. */
    int namespaceIdOf(int pid) throws KernelException;

    @Override
    void close() throws KernelException;
}
