package org.lawtap.watcher;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketHandshakeException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;

/**
 * The API server by the HTTP client that fabric8 builds: its TLS, proxies and credentials, with tokens read again once a minute
 * and after a 401. Not by fabric8's watch: that hides which of its ends was orderly, retries by itself, and ends the watch of all
 * pods when one object can't be turned into its class.
 */
final class KubernetesPodApi implements PodApi {
    private static final Duration PAGE_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration OPEN_TIMEOUT = Duration.ofSeconds(10);

    /** Events that wait to be taken; the server waits when there are more. */
    private static final int WAITING_EVENTS_MAX = 1000;

    private static final int CLOSE_NORMAL = 1000;
    private static final int HTTP_OK = 200;

    private final Clock clock;
    private final Runnable wake;
    private final PodJson json;
    private Config config;
    private volatile KubernetesClient client;

    /** @param wake called by any thread when a watch has something to say */
    KubernetesPodApi(ClusterId cluster, Config config, Clock clock, Runnable wake) {
        this.config = config;
        this.clock = clock;
        this.wake = wake;
        this.json = new PodJson(cluster);
        this.client = client(config);
    }

    /** A client that leaves every retry to its caller. */
    static KubernetesClient client(Config config) {
        config.setRequestRetryBackoffLimit(0);
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    @Override
    public Page page(@Nullable String continueToken) throws ApiException {
        String query = "?limit=" + PAGE_PODS_MAX
                + (continueToken == null
                        ? ""
                        : "&continue=" + URLEncoder.encode(continueToken, StandardCharsets.UTF_8));
        HttpClient http = client.getHttpClient();
        CompletableFuture<HttpResponse<byte[]>> answer = http.sendAsync(
                http.newHttpRequestBuilder()
                        .uri(pods(query))
                        .timeout(PAGE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                        .build(),
                byte[].class);
        try {
            HttpResponse<byte[]> response = answer.get(PAGE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (response.code() != HTTP_OK) {
                throw PodJson.failure(response.code(), retryAfter(response.header("Retry-After")), response.body());
            }
            return json.page(response.body());
        } catch (ExecutionException e) {
            throw new ApiException(0, "no answer: " + reason(e));
        } catch (TimeoutException | CancellationException e) {
            answer.cancel(true);
            throw new ApiException(0, "no answer within " + PAGE_TIMEOUT.toSeconds() + " s");
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new ApiException(0, "interrupted");
        }
    }

    @Override
    public Watch watch(String resourceVersion, Duration timeout) {
        URI uri = pods("?watch=true&allowWatchBookmarks=true&timeoutSeconds=" + timeout.toSeconds()
                + "&resourceVersion=" + URLEncoder.encode(resourceVersion, StandardCharsets.UTF_8));
        Frames frames = new Frames();
        // The server's WebSocket refuses a handshake without an origin.
        frames.opening = client.getHttpClient()
                .newWebSocketBuilder()
                .uri(uri)
                .header("Origin", uri.getScheme() + "://" + uri.getAuthority())
                .connectTimeout(OPEN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .buildAsync(frames);
        frames.opening.whenComplete((socket, failure) -> {
            if (failure != null) {
                frames.end(opened(failure));
            }
        });
        return frames;
    }

    @Override
    public void renew() {
        client.close();
        config = config.refresh();
        client = client(config);
    }

    @Override
    public void close() {
        client.close();
    }

    private URI pods(String query) {
        return URI.create(client.getMasterUrl() + "api/v1/pods" + query);
    }

    private static Signal opened(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof WebSocketHandshakeException refused) {
                return new Signal.Failed(PodJson.failure(
                        refused.getResponse().code(),
                        retryAfter(refused.getResponse().header("Retry-After")),
                        null));
            }
        }
        return new Signal.Failed(new ApiException(0, "no watch: " + reason(failure)));
    }

    /** The seconds form only; the API server uses no other. */
    private static Duration retryAfter(@Nullable String header) {
        try {
            return header == null ? Duration.ZERO : Duration.ofSeconds(Math.max(0, Long.parseLong(header.trim())));
        } catch (NumberFormatException e) {
            return Duration.ZERO;
        }
    }

    private static String reason(Throwable failure) {
        Throwable last = failure;
        for (int depth = 0; depth < 10 && last.getCause() != null; depth++) {
            last = last.getCause();
        }
        return last.getClass().getSimpleName() + (last.getMessage() == null ? "" : ": " + last.getMessage());
    }

    /** One watch: frames come from the client's threads and wait, unread, for the loop. */
    private final class Frames implements Watch, WebSocket.Listener {
        private record Frame(String text, Instant at) {}

        private final Deque<Frame> waiting = new ArrayDeque<>();
        private @Nullable CompletableFuture<WebSocket> opening;
        private @Nullable WebSocket socket;
        private @Nullable Signal last;
        private boolean paused;
        private boolean over;
        private boolean closed;

        @Override
        public @Nullable Signal poll() {
            Frame frame;
            WebSocket more = null;
            synchronized (this) {
                frame = waiting.poll();
                if (frame == null) {
                    Signal end = last;
                    last = null;
                    return end;
                }
                if (paused && waiting.size() < WAITING_EVENTS_MAX / 2) {
                    paused = false;
                    more = socket;
                }
            }
            if (more != null) {
                more.request();
            }
            return json.signal(frame.text(), frame.at());
        }

        @Override
        public void close() {
            WebSocket open;
            synchronized (this) {
                if (closed || over) {
                    return;
                }
                closed = true;
                waiting.clear();
                open = socket;
            }
            CompletableFuture<WebSocket> future = opening;
            if (open != null) {
                // Only queued: a server that does not answer is cut off by the client later on.
                open.sendClose(CLOSE_NORMAL, null);
            } else if (future != null) {
                future.whenComplete((late, failure) -> {
                    if (late != null) {
                        late.sendClose(CLOSE_NORMAL, null);
                    }
                });
            }
        }

        @Override
        public synchronized void onOpen(WebSocket opened) {
            socket = opened;
        }

        @Override
        public void onMessage(WebSocket from, String text) {
            boolean more;
            synchronized (this) {
                if (!closed) {
                    waiting.add(new Frame(text, clock.instant()));
                }
                more = closed || waiting.size() < WAITING_EVENTS_MAX;
                paused = !more;
            }
            if (more) {
                from.request();
            }
            wake.run();
        }

        @Override
        public void onMessage(WebSocket from, ByteBuffer bytes) {
            onMessage(from, StandardCharsets.UTF_8.decode(bytes).toString());
        }

        @Override
        public void onClose(WebSocket from, int code, String reason) {
            end(code == CLOSE_NORMAL ? new Signal.Ended() : new Signal.Dropped("closed with " + code));
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            end(
                    error instanceof IOException
                            ? new Signal.Dropped(reason(error))
                            : new Signal.Unreadable(reason(error)));
        }

        private void end(Signal how) {
            synchronized (this) {
                if (!closed && !over) {
                    over = true;
                    last = how;
                }
            }
            wake.run();
        }
    }
}
