package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.eval.Expected;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gate and promote from recipes, after one evaluation of an adapter. */
class PromotingTest {
  private static final String TASK = "blimp_causative";
  private static final List<String> MESSAGES = new ArrayList<>();

  @TempDir static Path folder;
  private static SparkPeft peft;
  private static Path adapter;

  @BeforeAll
  static void evaluate() throws IOException {
    peft = SparkPeft.on(LocalCluster.session()).telling(MESSAGES::add);
    adapter = Files.createDirectories(folder.resolve("adapter"));
    for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
      Files.copy(Expected.resource("adapter").resolve(file), adapter.resolve(file));
    }
    peft.evaluate(
        recipe("evaluate", "scored")
            .with("model.path", Expected.resource("model"))
            .with("model.dtype", "float32")
            .with("adapter.path", adapter)
            .with("eval.tasks", TASK)
            .with("eval.source", Expected.resource("source"))
            .with("eval.compare_base", true));
  }

  private static Recipe recipe(String step, String runId) {
    return Recipe.defaults()
        .with("run.id", runId)
        .with("output.path", folder.resolve(step + "-" + runId))
        .with("tables.root", folder.resolve("tables"));
  }

  private static Recipe gate(String runId, double min) {
    return recipe("gate", runId)
        .with("gate.run_id", "scored")
        .with("gate.min", Map.of(TASK + ".acc", min));
  }

  private static Recipe promote(String runId, String name) {
    return recipe("promote", runId).with("promote.name", name).with("adapter.path", adapter);
  }

  @Test
  void whatPassedItsGateIsPromotedWithItsScores() throws IOException {
    Gated gated = peft.gate(gate("good", 0));
    assertThat(gated.passed()).isTrue();
    assertThat(gated.json().path("exit_code").asInt()).isZero();

    Promoted promoted = peft.promote(promote("good", "sums"));
    assertThat(promoted.version()).isEqualTo(1);
    assertThat(promoted.gate()).isEqualTo("passed");
    assertThat(promoted.adapterPath()).isEqualTo(adapter);
    assertThat(promoted.json().path("scores").path(TASK + ".acc").asDouble())
        .isEqualTo(gated.verdicts().get(0).score());
    assertThat(peft.promote(promote("good", "sums")).reused()).isTrue();
    assertAPromotedAdapterIsComparedWith();
    assertRollbackNeedsTheSameFiles();
  }

  private static void assertAPromotedAdapterIsComparedWith() {
    Recipe recipe =
        recipe("gate", "later")
            .with("gate.run_id", "scored")
            .with("gate.reference", "promoted")
            .with("gate.max_regression", Map.of("*.acc", 0))
            .with("promote.name", "sums");
    Gated gated = peft.gate(recipe);
    assertThat(gated.json().path("verdicts").path(0).path("reference").asText())
        .isEqualTo("sums, version 1");
    peft.gate(
        recipe
            .with("run.id", "first")
            .with("output.path", folder.resolve("gate-first"))
            .with("promote.name", "new"));
    assertThat(MESSAGES).contains("No version of new is promoted yet; the base is the reference.");
  }

  private static void assertRollbackNeedsTheSameFiles() throws IOException {
    Recipe rollback =
        recipe("promote", "back").with("promote.name", "sums").with("promote.version", 1);
    assertFailure(
        () -> peft.promote(rollback.with("adapter.path", adapter)),
        ExitCode.CONFIGURATION,
        "Both promote.version = 1 and adapter.path = " + adapter + " are set.");
    Path config = adapter.resolve("adapter_config.json");
    String text = Files.readString(config);
    Files.writeString(config, text + " ");
    assertFailure(
        () -> peft.promote(rollback),
        ExitCode.DATA,
        "The adapter in " + adapter + " is not the one that was judged or promoted.");
    Files.writeString(config, text);
    assertThat(peft.promote(rollback).version()).isEqualTo(1);
  }

  @Test
  void whatDidNotPassIsPromotedOnlyWhereThatIsSaid() {
    Gated gated = peft.gate(gate("bad", 1.5));
    assertThat(gated.passed()).isFalse();
    assertThat(gated.json().path("exit_code").asInt()).isEqualTo(99);
    assertThat(gated.json().path("status").asText()).isEqualTo("not_passed");
    assertThat(peft.gate(gate("bad", 1.5)).passed()).isFalse();

    assertFailure(
        () -> peft.promote(promote("bad", "others")),
        ExitCode.GATE_NOT_PASSED,
        "The adapter in %s did not pass gate bad. gate.min of blimp_causative.acc: "
            .formatted(adapter));
    assertFailure(
        () -> peft.promote(promote("never", "others")),
        ExitCode.MISSING_INPUT,
        "The adapter in %s has not passed a gate. The table %s has no run never."
            .formatted(adapter, folder.resolve("tables/gate_results")));
    Promoted promoted = peft.promote(promote("bad", "others").with("promote.without_gate", true));
    assertThat(promoted.gate()).isEqualTo("not_passed");
  }

  @Test
  void anotherAdaptersVerdictDoesNotCount() throws IOException {
    peft.gate(gate("judged", 0));
    Path other = Files.createDirectories(folder.resolve("other"));
    Files.writeString(other.resolve("adapter_config.json"), "{}");
    Files.writeString(other.resolve("adapter_model.safetensors"), "other weights");
    assertFailure(
        () -> peft.promote(promote("judged", "others").with("adapter.path", other)),
        ExitCode.DATA,
        "The adapter in " + other + " (sha256 ");
  }

  @Test
  void runsMustBeNamed() {
    assertFailure(
        () -> peft.gate(gate("x", 0).with("run.id", "unknown").with("gate.run_id", "scord")),
        ExitCode.MISSING_INPUT,
        "There are no scores of run scord in ");
    assertFailure(
        () -> peft.gate(Recipe.defaults().with("gate.min", Map.of("a.acc", 1))),
        ExitCode.CONFIGURATION,
        "gate.run_id is not set.");
    assertFailure(
        () -> peft.promote(recipe("promote", "nameless").with("adapter.path", adapter)),
        ExitCode.CONFIGURATION,
        "promote.name is not set.");
  }

  private static void assertFailure(Runnable work, ExitCode code, String message) {
    assertThatThrownBy(work::run)
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(code))
        .hasMessageStartingWith(message);
  }
}
