package org.lawtap.warrants.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;

class KafkaPacketTopicsTest {
    private final List<List<Topic>> asked = new ArrayList<>();
    private final List<CompletableFuture<Set<String>>> answers = new ArrayList<>();
    private final KafkaPacketTopics topics = new KafkaPacketTopics(wanted -> {
        asked.add(List.copyOf(wanted));
        CompletableFuture<Set<String>> answer = new CompletableFuture<>();
        answers.add(answer);
        return answer;
    });

    @Test
    void isReadyWhenTheTopicStandsAndAsksOnce() {
        WarrantId warrant = WarrantId.random();
        assertThat(topics.ready(warrant)).isFalse();
        assertThat(topics.ready(warrant)).isFalse();
        assertThat(asked).containsExactly(List.of(Topic.packets(warrant)));
        succeed(0);
        assertThat(topics.ready(warrant)).isTrue();
        assertThat(asked).hasSize(1);
    }

    @Test
    void whatIsAskedForMeanwhileGoesTogether() {
        List<WarrantId> all =
                Stream.generate(WarrantId::random).limit(1 + 500 + 3).toList();
        all.forEach(warrant -> assertThat(topics.ready(warrant)).isFalse());
        assertThat(asked).hasSize(1);
        succeed(0);
        succeed(1);
        succeed(2);
        assertThat(asked).extracting(List::size).containsExactly(1, 500, 3);
        assertThat(all).allMatch(topics::ready);
    }

    @Test
    void whatFailedIsAskedForAgainAndHoldsNobodyUp() {
        WarrantId first = WarrantId.random();
        WarrantId second = WarrantId.random();
        topics.ready(first);
        topics.ready(second);
        answers.get(0).completeExceptionally(new IllegalStateException("no broker"));
        assertThat(asked.get(1)).containsExactly(Topic.packets(second));
        answers.get(1).complete(Set.of());
        assertThat(topics.ready(first)).isFalse();
        assertThat(topics.ready(second)).isFalse();
        succeed(2);
        succeed(3);
        assertThat(topics.ready(first)).isTrue();
        assertThat(topics.ready(second)).isTrue();
    }

    private void succeed(int request) {
        answers.get(request)
                .complete(asked.get(request).stream().map(Topic::name).collect(Collectors.toSet()));
    }
}
