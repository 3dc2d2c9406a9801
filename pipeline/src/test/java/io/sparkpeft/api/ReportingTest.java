package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.chart.Numbers;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.report.ParsedPage;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.spark.telemetry.EventFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run's events and its page: the numbers of a real run, as machines and people read them. */
class ReportingTest {
  private static final Path QUICKSTART =
      Path.of("..", "jobs", "quickstart").toAbsolutePath().normalize();
  private static final int STEPS = 12;

  @TempDir static Path folder;

  private static SparkPeft peft;
  private static Prepared tokens;
  private static Finetuned adapter;
  private static Evaluated scores;
  private static Merged merged;

  @BeforeAll
  static void run() {
    peft = SparkPeft.on(LocalCluster.session());
    try (EventFile events = EventFile.append(folder.resolve("events.jsonl"))) {
      SparkPeft watched = peft.watching(events);
      tokens = watched.prepare(recipe("tokens").with("data.validation_fraction", 0.05));
      adapter = watched.finetune(training("run", "tables"));
      scores =
          watched.evaluate(
              adapted("scores")
                  .with("eval.tasks", "arithmetic_2da")
                  .with("eval.source", QUICKSTART.resolve("test"))
                  .with("eval.limit", 24)
                  .with("eval.compare_base", true));
      merged = watched.merge(adapted("merged"));
      watched.gate(
          recipe("gate")
              .with("gate.run_id", "scores")
              .with("gate.partial_tasks", true)
              .with("gate.min", Map.of("arithmetic_2da.acc", 0.999)));
    }
  }

  @Test
  void everyJobTellsItsBeginAndItsResult() throws IOException {
    List<JsonNode> events = events("events.jsonl");
    assertThat(named(events, "started"))
        .extracting(event -> event.path("job").asText())
        .containsExactly("prepare", "finetune", "evaluate", "merge", "gate");
    assertThat(named(events, "result"))
        .extracting(event -> event.path("run_id").asText())
        .containsExactly("tokens", "run", "scores", "merged", "gate");
    assertThat(named(events, "result"))
        .extracting(event -> event.path("result").path("exit_code").asInt())
        .containsExactly(0, 0, 0, 0, 99);
    assertThat(events).allMatch(event -> event.path("schema").asInt() == 1);
    assertThat(events)
        .extracting(event -> event.path("at").asText())
        .allMatch(at -> at.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z"));
  }

  @Test
  void trainingIsToldFromItsPlanToItsLastStep() throws IOException {
    List<JsonNode> events =
        events("events.jsonl").stream()
            .filter(event -> event.path("run_id").asText().equals("run"))
            .toList();
    JsonNode plan = named(events, "planned").get(0);
    assertThat(plan.path("trainable_parameters").asLong()).isEqualTo(adapter.trainableParameters());
    assertThat(plan.path("steps").asInt()).isEqualTo(STEPS);
    assertThat(plan.path("memory_bytes").path("total").asLong()).isPositive();
    assertThat(plan.path("partitions").asInt()).isEqualTo(1);
    List<JsonNode> steps = named(events, "step");
    assertThat(steps).extracting(step -> step.path("step").asInt()).hasSize(STEPS).isSorted();
    assertThat(steps.get(0).path("loss").asDouble()).isEqualTo(adapter.lossFirst());
    assertThat(steps.get(STEPS - 1).path("loss").asDouble()).isEqualTo(adapter.lossLast());
    assertThat(named(events, "validation"))
        .extracting(event -> event.path("step").asInt())
        .containsExactly(6, STEPS);
    assertThat(named(events, "checkpoint"))
        .extracting(event -> event.path("step").asInt())
        .contains(6);
    assertThat(named(events, "phase"))
        .extracting(event -> event.path("phase").asText())
        .containsExactly("train", "save");
    assertThat(named(events, "training").get(0).path("resumed_from_step").asInt(-1)).isZero();
  }

  @Test
  void evaluateTellsHowManyRequestsAreAnswered() throws IOException {
    List<JsonNode> progress =
        named(events("events.jsonl"), "progress").stream()
            .filter(event -> event.path("what").asText().equals("requests"))
            .toList();
    JsonNode last = progress.get(progress.size() - 1);
    assertThat(last.path("done").asInt()).isEqualTo(24).isEqualTo(last.path("total").asInt());
  }

  @Test
  void thePageHasTheRunsNumbers() throws Exception {
    ParsedPage page = page(report("run").page());
    JsonNode base = scores.json().path("base_scores").path(0);
    assertThat(page.texts("h1").get(0)).startsWith("run ").contains("done", "gate not passed");
    assertThat(page.row("to train on").get(0))
        .isEqualTo("%,d".formatted(tokens.json().path("train_records").asLong()));
    assertThat(page.row("adapter, SHA-256")).containsExactly(adapter.adapterSha256());
    assertThat(page.row("trained values").get(1))
        .isEqualTo("%,d".formatted(adapter.trainableParameters()));
    assertThat(page.row("train.max_steps")).containsExactly("" + STEPS, "Java");
    List<String> step = page.row("" + STEPS);
    assertThat(step.get(1)).isEqualTo("%.4f".formatted(adapter.lossLast()));
    assertThat(step.get(6))
        .isEqualTo("%.4f".formatted(adapter.json().path("validation_loss").asDouble()));
    List<String> score = page.row("arithmetic_2da");
    assertThat(score.get(0)).isEqualTo("acc ↑");
    assertThat(score.get(2)).startsWith("24 of ");
    assertThat(score.get(3)).startsWith(Numbers.text(base.path("value").asDouble()));
    assertThat(page.row("model")).containsExactly(merged.modelPath().toString());
    assertThat(page.row("✗ not met").get(0)).isEqualTo("gate.min");
    assertThat(page.texts("h2")).contains("Answers", "Merged model", "Settings");
  }

  @Test
  void theSameTablesGiveTheSameBytes() throws IOException {
    byte[] first = Files.readAllBytes(report("run").page());
    Reported again = report("run");
    assertThat(Files.readAllBytes(again.page())).isEqualTo(first);
    assertThat(Json.read(again.outputPath().resolve("_RESULT.json"))).isEqualTo(again.json());
  }

  @Test
  void aRunLeavesItsPageBesideItsAdapter() throws Exception {
    ParsedPage page = page(adapter.reportPath());
    assertThat(page.texts("h2"))
        .containsExactly("Training", "Data", "Plan and measurement", "Settings", "Provenance");
  }

  /** The adapter is trained, its run cannot be told; then it can. */
  @Test
  void aFailureAndWhatResumesItStandInOneFile() throws Exception {
    Path root = Files.createDirectories(folder.resolve("half-tables"));
    Recipe recipe = training("half", "half-tables").with("data.table", tokens.table());
    Path runs = Files.writeString(root.resolve("train_runs"), "in the way");
    Path file = folder.resolve("half.jsonl");
    try (EventFile events = EventFile.append(file)) {
      assertThatThrownBy(() -> peft.watching(events).finetune(recipe))
          .isInstanceOf(SparkPeftException.class);
      assertThat(events.endsInFailure()).isTrue();
    }
    Files.delete(runs);
    try (EventFile events = EventFile.append(file)) {
      peft.watching(events).finetune(recipe);
    }
    List<JsonNode> events = events("half.jsonl");
    JsonNode failed = named(events, "failed").get(0);
    assertThat(failed.path("exit_code").asInt()).isEqualTo(ExitCode.CANNOT_WRITE.number());
    assertThat(failed.path("what").asText())
        .isEqualTo("Cannot write run half to the table " + runs + ".");
    assertThat(failed.path("what_to_do").asText()).startsWith("Check the place");
    assertThat(named(events, "training"))
        .extracting(event -> event.path("resumed_from_step").asInt())
        .containsExactly(0, STEPS);
    assertThat(events.get(events.size() - 1).path("event").asText()).isEqualTo("result");
  }

  @Test
  void aRunThatIsNotThereIsNamedWithThoseThatAre() {
    assertThatThrownBy(() -> report("none"))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.MISSING_INPUT))
        .hasMessageContaining("There is no run none of finetune in the table")
        .hasMessageContaining("The newest it has: run.");
  }

  private static Reported report(String runId) {
    return peft.report(
        recipe(runId)
            .with("output.path", folder.resolve("report"))
            .with("report.results", List.of(merged.outputPath().toString())));
  }

  private static ParsedPage page(Path file) throws Exception {
    return ParsedPage.of(Files.readString(file));
  }

  private static List<JsonNode> events(String file) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(file))) {
      events.add(Json.parse(line));
    }
    return events;
  }

  private static List<JsonNode> named(List<JsonNode> events, String name) {
    return events.stream().filter(event -> event.path("event").asText().equals(name)).toList();
  }

  private static Recipe training(String name, String tables) {
    return recipe(name)
        .with("tables.root", folder.resolve(tables))
        .with("data.validation_fraction", 0.05)
        .with("adapter.target_modules", "all-linear")
        .with("train.global_batch_size", 12)
        .with("train.micro_batch_size", 4)
        .with("train.learning_rate", 3e-3)
        .with("train.save_steps", 6)
        .with("train.max_steps", STEPS);
  }

  private static Recipe adapted(String name) {
    return recipe(name).with("adapter.path", adapter.adapterPath());
  }

  private static Recipe recipe(String name) {
    return Recipe.defaults()
        .with("model.path", QUICKSTART.resolve("base"))
        .with("data.source", QUICKSTART.resolve("instructions.json"))
        .with("tables.root", folder.resolve("tables"))
        .with("run.id", name)
        .with("output.path", folder.resolve(name));
  }
}
