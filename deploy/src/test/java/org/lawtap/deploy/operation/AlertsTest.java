package org.lawtap.deploy.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AlertsTest {
    @Test
    void everyAlertHasASectionInTheRunbookThatSaysWhatItMeansForTheEvidence() throws Exception {
        List<String> sections =
                List.of(Files.readString(Path.of("..", "docs", "runbook.md")).split("\n## "));
        Set<String> written = new TreeSet<>();
        for (String section : sections) {
            if (section.startsWith("Lawtap")) {
                written.add(section.lines().findFirst().orElseThrow());
                assertThat(section).contains("**Do:**", "**Evidence:**");
            }
        }
        assertThat(written).isEqualTo(Observability.alerts()).hasSizeGreaterThan(20);
    }

    @Test
    void everyAlertIsTestedWithPromtool() throws Exception {
        assertThat(Observability.testedAlerts()).isEqualTo(Observability.alerts());
    }

    @Test
    void theDashboardIsOneThatGrafanaImports() throws Exception {
        JsonNode dashboard = JsonMapper.shared().readTree(Observability.read("dashboard.json"));
        assertThat(dashboard.path("title").asString()).isEqualTo("lawtap");
        Set<Integer> ids = new TreeSet<>();
        int queries = 0;
        for (JsonNode panel : dashboard.path("panels")) {
            assertThat(ids.add(panel.path("id").asInt())).as(panel.toString()).isTrue();
            JsonNode at = panel.path("gridPos");
            assertThat(at.path("x").asInt() + at.path("w").asInt()).isBetween(1, 24);
            for (JsonNode target : panel.path("targets")) {
                assertThat(target.path("expr").asString()).contains("lawtap_");
                queries++;
            }
        }
        assertThat(queries).isGreaterThan(40);
    }
}
