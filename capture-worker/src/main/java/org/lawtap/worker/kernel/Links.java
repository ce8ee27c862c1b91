package org.lawtap.worker.kernel;

import java.util.List;
import java.util.Set;
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

    /** Whether an interface here came, changed or went since the last call. */
    boolean takeChanges() throws KernelException;

    /** Becomes readable when one does; -1 if there is none to wait on. */
    int descriptor();

    /** Indexes of the interfaces at which traffic control (clsact or ingress) stands: one question for all of them. */
    Set<Integer> trafficControlled() throws KernelException;

    /** What traffic control does at this interface. */
    TrafficControl trafficControl(int index) throws KernelException;

    /**
     * What traffic control (the clsact or ingress queueing discipline) did at an interface. It drops a packet that goes into the
     * pod before the tap sees it, one that comes out of the pod after.
     *
     * @param dropped packets in both directions since it is there, modulo 2^32
     * @param fromPod whether it has filters for packets that come out of the pod
     * @param toPod whether it has filters for packets that go into the pod
     */
    record TrafficControl(long dropped, boolean fromPod, boolean toPod) {
        /** Nothing is attached. */
        public static final TrafficControl NONE = new TrafficControl(0, false, false);
    }

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
