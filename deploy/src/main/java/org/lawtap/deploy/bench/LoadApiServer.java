package org.lawtap.deploy.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.sandbox.Kubeconfig;
import org.lawtap.deploy.sandbox.SandboxException;

/**
 * The API server of a {@link LoadCluster}, on loopback and without TLS: {@code GET /api/v1/pods}, to list and to watch, as the
 * Kubernetes API concepts describe it.
 *
 * <ul>
 *   <li>list: {@code limit} and {@code continue} give pages of one snapshot; with {@code resourceVersion=0} the limit is ignored
 *       as by a real one's cache; a token whose snapshot is gone is told 410
 *   <li>watch: chunks or WebSocket; {@code resourceVersion} resumes from the cluster's history, or an ERROR event with code 410
 *       says that it is gone; without it, or with 0, the present pods come first; {@code sendInitialEvents},
 *       {@code allowWatchBookmarks} and {@code timeoutSeconds} are honoured
 *   <li>selectors are refused with 400: nothing is filtered here
 * </ul>
 *
 * <p>One thread a connection; pods are written from numbers, so that the server costs little beside its client.
 */
public final class LoadApiServer implements AutoCloseable {
    static final String PODS = "/api/v1/pods";

    private static final int SNAPSHOTS_MAX = 8;
    private static final int BACKLOG = 50;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final ServerSocket socket;
    private final LoadCluster cluster;
    private final Faults faults;
    private final Sent sent;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final AtomicLong endedCpuNanos = new AtomicLong();
    private final AtomicLong firstListNanos = new AtomicLong();
    private final Counts counts = new Counts(new AtomicLong(), new AtomicLong(), new AtomicLong());
    private final Map<Long, LoadCluster.Snapshot> snapshots = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, LoadCluster.Snapshot> eldest) {
            return size() > SNAPSHOTS_MAX;
        }
    };
    private volatile boolean closed;

    /** Hears of every change when it is handed to a connection. */
    interface Sent {
        /** @param nanoTime just before it was written */
        void sent(LoadCluster.Change change, long nanoTime);
    }

    /** How often something was asked for. */
    record Counts(AtomicLong pages, AtomicLong watches, AtomicLong bytes) {}

    private LoadApiServer(ServerSocket socket, LoadCluster cluster, Sent sent) {
        this.socket = socket;
        this.cluster = cluster;
        this.sent = sent;
        this.faults = new Faults(cluster);
        faults.onDrop(this::drop);
    }

    /** Starts one at a free port. */
    public static LoadApiServer start(LoadCluster cluster) throws IOException {
        return start(cluster, (change, nanoTime) -> {});
    }

    static LoadApiServer start(LoadCluster cluster, Sent sent) throws IOException {
        ServerSocket socket = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        LoadApiServer server = new LoadApiServer(socket, cluster, sent);
        server.thread("load-accept", server::accept);
        return server;
    }

    /** Where it listens, for instance {@code http://127.0.0.1:40123}. */
    public String url() {
        return "http://" + socket.getInetAddress().getHostAddress() + ":" + socket.getLocalPort();
    }

    /** Writes a kubeconfig that points here. */
    public void writeKubeconfig(Path file) throws SandboxException {
        Kubeconfig.write(url(), file);
    }

    /** What it is to do wrong. */
    public Faults faults() {
        return faults;
    }

    /** Pages of lists that were asked for. */
    public long pages() {
        return counts.pages().get();
    }

    /** Watches that were asked for. */
    public long watches() {
        return counts.watches().get();
    }

    /** Bytes of bodies that were sent. */
    long bytes() {
        return counts.bytes().get();
    }

    /** {@link System#nanoTime} of the first request for a list; 0 if there was none. */
    long firstListNanos() {
        return firstListNanos.get();
    }

    /** CPU time of the server's own threads, nanoseconds. */
    long cpuNanos() {
        long sum = endedCpuNanos.get();
        for (Thread thread : threads) {
            sum += Math.max(0, THREADS.getThreadCpuTime(thread.threadId()));
        }
        return sum;
    }

    @Override
    public void close() {
        closed = true;
        try {
            socket.close();
        } catch (IOException e) {
            // It accepts nothing more either way.
        }
        drop();
        cluster.wake();
    }

    LoadCluster cluster() {
        return cluster;
    }

    boolean closed() {
        return closed;
    }

    void listed() {
        firstListNanos.compareAndSet(0, System.nanoTime());
        counts.pages().incrementAndGet();
    }

    void watched() {
        counts.watches().incrementAndGet();
    }

    void wrote(long bytes) {
        counts.bytes().addAndGet(bytes);
    }

    void sent(LoadCluster.Change change, long nanoTime) {
        sent.sent(change, nanoTime);
    }

    /** The pods now, kept for the pages that follow. */
    LoadCluster.Snapshot snapshot() {
        LoadCluster.Snapshot now = cluster.snapshot();
        synchronized (snapshots) {
            snapshots.put(now.version(), now);
        }
        return now;
    }

    /** The pods as of a list that was begun; null if it is too long ago. */
    LoadCluster.@Nullable Snapshot snapshot(long version) {
        synchronized (snapshots) {
            boolean gone = cluster.after(version, 0) instanceof LoadCluster.After.Gone;
            return gone ? null : snapshots.get(version);
        }
    }

    /** Runs a task in a thread whose CPU time is the server's. */
    final void thread(String name, Runnable task) {
        Thread thread = Thread.ofPlatform().daemon().name(name).unstarted(() -> {
            try {
                task.run();
            } finally {
                endedCpuNanos.addAndGet(THREADS.getCurrentThreadCpuTime());
                threads.remove(Thread.currentThread());
            }
        });
        threads.add(thread);
        thread.start();
    }

    private void accept() {
        while (!closed) {
            try {
                Socket client = socket.accept();
                open.add(client);
                thread("load-connection", () -> {
                    try (client) {
                        new LoadConnection(this, client).serve();
                    } catch (IOException e) {
                        // The client went away.
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } finally {
                        open.remove(client);
                    }
                });
            } catch (IOException e) {
                // Closed, or a client that went away before it was accepted.
            }
        }
    }

    private void drop() {
        for (Socket client : List.copyOf(open)) {
            try {
                // Reset, as a peer that died: no orderly end.
                client.setSoLinger(true, 0);
                client.close();
            } catch (IOException e) {
                // It is closed already.
            }
        }
    }
}
