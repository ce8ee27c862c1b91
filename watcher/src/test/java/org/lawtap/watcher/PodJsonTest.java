package org.lawtap.watcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.watcher.PodApi.Item;
import org.lawtap.watcher.PodApi.Signal;

class PodJsonTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final ClusterId CLUSTER = new ClusterId("c1");
    private static final String POD = """
            {"metadata":{"namespace":"shop","name":"a-0","uid":"uid-1","resourceVersion":"77",
              "labels":{"app":"a"},"deletionTimestamp":"2026-11-23T12:00:30Z","managedFields":[{"x":[1,2]}]},
             "spec":{"nodeName":"n1","hostNetwork":true,"containers":[{"ports":"nonsense"}]},
             "status":{"phase":"Running","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}]}}""";

    private final PodJson json = new PodJson(CLUSTER);

    @Test
    void readsWhatWeNeedOfAPodAndMindsNothingElse() {
        Pod pod = new Pod(
                new PodRef(CLUSTER, new Namespace("shop"), new PodName("a-0"), new PodUid("uid-1")),
                Map.of("app", "a"),
                new NodeName("n1"),
                true,
                Pod.Phase.RUNNING,
                List.of("10.0.0.1", "fd00::1"),
                Instant.parse("2026-11-23T12:00:30Z"),
                "77");
        assertThat(json.signal("{\"type\":\"ADDED\",\"object\":" + POD + "}", NOW))
                .isEqualTo(new Signal.Changed(new Item.Read(pod), "77", NOW));
        assertThat(json.signal("{\"type\":\"DELETED\",\"object\":" + POD + "}", NOW))
                .isEqualTo(new Signal.Deleted(new Item.Read(pod), "77", NOW));
    }

    @Test
    void readsAPodThatHasNothingButItsName() {
        String bare = "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"a-0\",\"uid\":\"uid-1\"}}";
        assertThat(json.signal("{\"type\":\"MODIFIED\",\"object\":" + bare + "}", NOW))
                .isInstanceOfSatisfying(Signal.Changed.class, changed -> {
                    assertThat(changed.resourceVersion()).isEmpty();
                    assertThat(changed.item()).isInstanceOfSatisfying(Item.Read.class, read -> {
                        assertThat(read.pod().phase()).isEqualTo(Pod.Phase.PENDING);
                        assertThat(read.pod().node()).isNull();
                    });
                });
    }

    @Test
    void readsAPageAndRefusesOnlyWhatIsMalformed() throws ApiException {
        PodApi.Page page = json.page(bytes("""
                {"kind":"PodList","metadata":{"continue":"next","resourceVersion":"9"},"items":[%s,
                 {"metadata":{"namespace":"shop","name":"UPPER","uid":"uid-2"}},
                 {"metadata":{"namespace":"shop","name":"b-0","uid":"uid-3","labels":{"app":7}}},
                 {"metadata":{"namespace":"shop","name":"b-0","uid":{}}}, null, 5]}""".formatted(POD)));
        assertThat(page.resourceVersion()).isEqualTo("9");
        assertThat(page.next()).isEqualTo("next");
        assertThat(page.items().stream()
                        .map(item -> item instanceof Item.Refused refused ? refused.uid() : item.getClass())
                        .toList())
                .containsExactly(
                        Item.Read.class,
                        Optional.of(new PodUid("uid-2")),
                        Optional.of(new PodUid("uid-3")),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());
    }

    @Test
    void theLastPageHasNoToken() throws ApiException {
        assertThat(json.page(bytes("{\"items\":[],\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"\"}}"))
                        .next())
                .isNull();
        assertThat(json.page(bytes("{\"items\":null,\"metadata\":{\"resourceVersion\":\"9\"}}"))
                        .items())
                .isEmpty();
    }

    @Test
    void refusesAPageThatIsCutOffOrHasNoVersion() {
        for (String body : List.of("", "[]", "{\"items\":[{\"metadata\":", "{\"items\":[]}", "<html>")) {
            assertThatExceptionOfType(ApiException.class).isThrownBy(() -> json.page(bytes(body)));
        }
    }

    @Test
    void readsBookmarksAndErrors() {
        assertThat(json.signal(
                        "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"12\"}}}",
                        NOW))
                .isEqualTo(new Signal.Bookmark("12"));
        assertThat(json.signal(
                        "{\"type\":\"ERROR\",\"object\":{\"code\":429,\"message\":\"slow\",\"details\":{\"retryAfterSeconds\":3}}}",
                        NOW))
                .isInstanceOfSatisfying(Signal.Failed.class, failed -> {
                    assertThat(failed.failure().code()).isEqualTo(429);
                    assertThat(failed.failure().retryAfter()).isEqualTo(Duration.ofSeconds(3));
                });
    }

    @Test
    void saysWhenAnEventIsUnreadable() {
        for (String text :
                List.of("", "{\"type\":\"ADDED\",\"obj", "{}", "7", "{\"type\":\"BOOKMARK\"}", "{\"type\":\"NEW\"}")) {
            assertThat(json.signal(text, NOW)).isInstanceOf(Signal.Unreadable.class);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
