package io.sparkpeft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Sha256;
import io.sparkpeft.model.LogLikelihood;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Texts of requests and arithmetic of scores, against lm_eval's own. */
class LmEvalParityTest {
  private static final double ROUNDING = 1e-12;

  static List<String> tasks() {
    return Expected.tasks();
  }

  private static EvalSuite load(List<String> names, int shots) {
    return EvalTasks.load(names, Expected.resource("source"), OptionalInt.empty(), shots);
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void asksTheSameTexts(String task) {
    EvalTask loaded = load(List.of(task), 0).tasks().get(0);
    assertThat(loaded.version())
        .isEqualTo(Expected.part("base").path(task).path("version").asText());
    assertSameTexts(loaded, Expected.part("base").path(task));
  }

  @Test
  void putsTheFirstSolvedExamplesBeforeEachQuestion() {
    EvalTask loaded = load(List.of("mmlu_global_facts"), 2).tasks().get(0);
    assertSameTexts(loaded, Expected.part("two_shots").path("mmlu_global_facts"));
  }

  private static void assertSameTexts(EvalTask task, JsonNode expected) {
    List<List<String>> ours = new ArrayList<>();
    for (Request request : new EvalSuite(List.of(task), List.of()).requests()) {
      ours.add(List.of(request.context(), request.continuation()));
    }
    List<List<String>> theirs = new ArrayList<>();
    for (JsonNode document : expected.path("documents")) {
      for (JsonNode request : document.path("requests")) {
        theirs.add(
            List.of(document.path("context").asText(), request.path("continuation").asText()));
      }
    }
    assertThat(ours).isNotEmpty().isEqualTo(theirs);
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void makesTheSameScoresOfLogLikelihoods(String task) {
    JsonNode expected = Expected.part("base").path(task);
    EvalTask loaded = load(List.of(task), 0).tasks().get(0);
    List<LogLikelihood> answers = Expected.answers("base", task);

    TaskScore score = loaded.scores(loaded.byDocument(answers)).get(0);

    assertThat(score.metric()).isEqualTo("acc");
    assertThat(score.value()).isCloseTo(expected.path("acc").asDouble(), within(ROUNDING));
    assertThat(score.stderr().getAsDouble())
        .isCloseTo(expected.path("acc_stderr").asDouble(), within(ROUNDING));
    double[] values = loaded.values(loaded.metrics().get(0), loaded.byDocument(answers));
    for (int i = 0; i < values.length; i++) {
      double theirs = expected.path("documents").path(i).path("acc").asDouble();
      assertThat(values[i]).as("document %d", i).isCloseTo(theirs, within(ROUNDING));
    }
  }

  @ParameterizedTest
  @MethodSource("groups")
  void poolsGroupsAsLmEvalDoes(String group) {
    EvalSuite suite = load(List.of(group + "_*"), 0);
    List<String> members = suite.tasks().stream().map(EvalTask::name).toList();
    assertThat(members).hasSize(2);

    List<TaskScore> scores = suite.scores(Expected.answers("base", members));

    TaskScore pooled = scores.get(scores.size() - 1);
    JsonNode expected = Expected.part("groups").path(group);
    assertThat(pooled.task()).isEqualTo(group);
    assertThat(pooled.n()).isEqualTo(27);
    assertThat(pooled.value()).isCloseTo(expected.path("acc").asDouble(), within(ROUNDING));
    assertThat(pooled.stderr().getAsDouble())
        .isCloseTo(expected.path("acc_stderr").asDouble(), within(ROUNDING));
  }

  static List<String> groups() {
    return List.of("blimp", "mmlu");
  }

  @Test
  void primerIsTheAuthorsToTheLetter() {
    assertThat(TruthfulQa.PRIMER).hasSize(573);
    assertThat(Sha256.of(TruthfulQa.PRIMER))
        .isEqualTo("5c0da5f346e8652c9a85061a6e3aca6bc82e10a8a7dad4596fe980a9c9bae543");
  }
}
