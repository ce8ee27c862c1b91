package org.lawtap.schemas.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdsTest {
    private static final String UUID = "0b5a9a52-7a2e-4d0c-9a3e-111111111111";

    @Test
    void readsAWarrantId() {
        assertThat(WarrantId.parse(UUID)).hasToString(UUID);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../x",
                "",
                "0B5A9A52-7A2E-4D0C-9A3E-111111111111",
                "1-1-1-1-1",
                " " + UUID,
                UUID + "\n",
                UUID + "/..",
                "{" + UUID + "}"
            })
    void refusesWhatIsNoLowerCaseUuid(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> WarrantId.parse(text));
        assertThatIllegalArgumentException().isThrownBy(() -> SessionId.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../x", "a/b", "A", "a_b", "-a", "a-", "a\n", "\u0430", "a b", "a\u001b"})
    void refusesWhatIsNoDnsName(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Namespace(text));
        assertThatIllegalArgumentException().isThrownBy(() -> new ClusterId(text));
        assertThatIllegalArgumentException().isThrownBy(() -> new NodeName(text));
        assertThatIllegalArgumentException().isThrownBy(() -> new PodName(text));
    }

    @Test
    void namesMayHave253Characters() {
        assertThat(new PodName("a".repeat(253)).value()).hasSize(253);
        assertThatIllegalArgumentException().isThrownBy(() -> new PodName("a".repeat(254)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.b", "a..b", "a23456789.a23456789"})
    void aNamespaceHasNoDot(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Namespace(text));
    }

    @Test
    void namespacesMayHave63Characters() {
        assertThat(new Namespace("a".repeat(63)).value()).hasSize(63);
        assertThatIllegalArgumentException().isThrownBy(() -> new Namespace("a".repeat(64)));
    }

    @Test
    void aRefusalNamesTheCharacterThatLooksLikeAnother() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Namespace("sh\u043ep"))
                .withMessage(
                        "namespace \"sh?p\" holds the character U+043E (CYRILLIC SMALL LETTER O), which no such name"
                                + " may hold");
    }

    @ParameterizedTest
    @ValueSource(strings = {UUID, "3f1c9e0a3f1c9e0a3f1c9e0a3f1c9e0a", "a"})
    void takesThePodUidsOfKubernetes(String text) {
        assertThat(new PodUid(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "a/b", "a|b", "a\n"})
    void refusesWhatIsNoPodUid(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> new PodUid(text));
    }

    @Test
    void aRefusalShowsNoControlCharacters() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Namespace("a\u001b[2J"))
                .withMessageContaining("\"a?[2J\"");
    }
}
