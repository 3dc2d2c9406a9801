package io.sparkpeft.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class LmEvalResultsTest {
  private static TaskScore score(String task, String metric, double value, OptionalDouble stderr) {
    return new TaskScore(task, "1.0", "test", 0, metric, true, value, stderr, 10, 40);
  }

  private static final JsonNode JSON =
      new LmEvalResults(
              List.of(
                  score("arithmetic_2da", "acc", 0.5, OptionalDouble.of(0.1)),
                  score("arithmetic_2ds", "acc", 0.25, OptionalDouble.empty()),
                  score("arithmetic", "acc", 0.375, OptionalDouble.of(0.2))),
              Map.of("pretrained", "/models/llama", "peft", "/adapters/a"),
              16,
              2.5,
              Instant.ofEpochMilli(1_500))
          .json();

  @Test
  void metricsStandUnderLmEvalsKeys() {
    assertThat(JSON.at("/results/arithmetic_2da").toString())
        .isEqualTo("{\"alias\":\"arithmetic_2da\",\"acc,none\":0.5,\"acc_stderr,none\":0.1}");
    assertThat(JSON.at("/results/arithmetic_2ds/acc_stderr,none").asText()).isEqualTo("N/A");
  }

  @Test
  void groupsNameTheirTasks() {
    assertThat(JSON.get("groups").size()).isOne();
    assertThat(JSON.at("/groups/arithmetic/acc,none").asDouble()).isEqualTo(0.375);
    assertThat(JSON.at("/group_subtasks/arithmetic").toString())
        .isEqualTo("[\"arithmetic_2da\",\"arithmetic_2ds\"]");
  }

  @Test
  void tasksAreDescribed() {
    assertThat(JSON.at("/versions/arithmetic_2da").asText()).isEqualTo("1.0");
    assertThat(JSON.at("/n-shot/arithmetic_2da").asInt()).isZero();
    assertThat(JSON.at("/n-samples/arithmetic_2da").toString())
        .isEqualTo("{\"original\":40,\"effective\":10}");
    assertThat(JSON.at("/higher_is_better/arithmetic_2da/acc").asBoolean()).isTrue();
    assertThat(JSON.at("/config/model_args").asText())
        .isEqualTo("peft=/adapters/a,pretrained=/models/llama");
    assertThat(JSON.get("date").asDouble()).isEqualTo(1.5);
  }
}
