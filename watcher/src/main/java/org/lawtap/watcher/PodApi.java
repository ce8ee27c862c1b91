package org.lawtap.watcher;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodUid;

/**
 * The API server's pods, as one list in pages and as a watch. It retries nothing and reconnects nothing: who calls it decides
 * that. Used by one thread; {@link #close} may come from any.
 */
interface PodApi extends AutoCloseable {
    /** Pods of one page at most. */
    int PAGE_PODS_MAX = 500;

    /**
     * A page of one consistent list. It asks for no resource version, so that the answer is as new as the store itself and never
     * a stale cache's.
     *
     * @param continueToken the token of the page before; null asks for the first page
     */
    Page page(@Nullable String continueToken) throws ApiException;

    /**
     * Begins a watch of all pods. Does not wait: that it was refused is a signal too.
     *
     * @param timeout after which the server is asked to end it, in order
     */
    Watch watch(String resourceVersion, Duration timeout);

    /** Makes the client anew, with credentials read again. */
    void renew();

    @Override
    void close();

    /** Pods of a page. @param next the token of the page after; null on the last */
    record Page(
            List<Item> items,
            String resourceVersion,
            @Nullable String next) {
        public Page {
            items = List.copyOf(items);
        }
    }

    /** A pod object as the API server gave it. */
    sealed interface Item {
        /** It was understood. */
        record Read(Pod pod) implements Item {}

        /** It breaks the API's own rules. @param uid whose it is, if that much can be read */
        record Refused(Optional<PodUid> uid, String why) implements Item {}
    }

    /** A running watch. */
    interface Watch extends AutoCloseable {
        /** The next signal, or null when there is none now. After {@link Signal.Ended} and the like nothing follows. */
        @Nullable
        Signal poll();

        /** Abandons it without waiting for the server. */
        @Override
        void close();
    }

    /** What a watch says. */
    sealed interface Signal {
        /**
         * A pod is there, new or changed.
         *
         * @param resourceVersion where a later watch goes on; empty when it could not be read
         * @param at when it arrived
         */
        record Changed(Item item, String resourceVersion, Instant at) implements Signal {}

        /** A pod is gone; the item is its last state. */
        record Deleted(Item item, String resourceVersion, Instant at) implements Signal {}

        /** Nothing changed up to here. */
        record Bookmark(String resourceVersion) implements Signal {}

        /** Something that is no watch event arrived: cut off, not JSON, or of an unknown kind. */
        record Unreadable(String why) implements Signal {}

        /** The server refused the watch or ended it with an error. */
        record Failed(ApiException failure) implements Signal {}

        /** The server ended it in order. */
        record Ended() implements Signal {}

        /** The connection broke. */
        record Dropped(String why) implements Signal {}
    }
}
