package org.lawtap.deploy.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SandboxNameTest {
    @Test
    void allNamesDeriveFromTheId() {
        SandboxName name = new SandboxName("00c0ffee");
        assertThat(name.controlNamespace()).isEqualTo("lawtap-00c0ffee-control");
        assertThat(name.nodeNamespace(2)).isEqualTo("lawtap-00c0ffee-n2");
        assertThat(name.podNamespace()).matches("lawtap-00c0ffee-p-[0-9a-f]{8}");
        assertThat(name.cgroup()).isEqualTo("lawtap-00c0ffee");
    }

    @Test
    void refusesAnIdOfAnotherForm() {
        for (String id : new String[] {"", "c0ffee", "00C0FFEE", "../../..", "00c0ffee0"}) {
            assertThatThrownBy(() -> new SandboxName(id)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void twoRandomNamesDiffer() {
        assertThat(SandboxName.random()).isNotEqualTo(SandboxName.random());
    }
}
