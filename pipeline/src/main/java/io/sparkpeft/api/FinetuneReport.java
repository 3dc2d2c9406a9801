package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Plan;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.rank.RankPlace;
import io.sparkpeft.spark.rank.RankRun;
import io.sparkpeft.spark.table.PinnedTable;
import io.sparkpeft.spark.telemetry.RunEvent.Stepped;
import io.sparkpeft.spark.telemetry.TrainRun;
import io.sparkpeft.train.TrainEvents.StepEvent;
import io.sparkpeft.weights.ModelFolder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** What is told of a fine-tuning run: its result file and its row in train_runs. */
final class FinetuneReport {
  private final String runId;
  private final Recipe recipe;
  private final Instant startedAt = Instant.now();
  private final ArrayNode lostAttempts = Json.array();

  FinetuneReport(String runId, Recipe recipe) {
    this.runId = runId;
    this.recipe = recipe;
  }

  /**
   * @param adapter where the adapter lies now
   * @param location where it will be
   */
  static ObjectNode json(Path adapter, String location, RankRun<FinetuneTask.Outcome> run) {
    FinetuneTask.Outcome outcome = run.results().get(0);
    ObjectNode json =
        Json.object()
            .put("trainable_parameters", outcome.trainableParameters())
            .put("loss_first", outcome.lossFirst())
            .put("loss_last", outcome.lossLast())
            .put("steps", outcome.steps())
            .put("tokens", outcome.tokens())
            .put("target_tokens", outcome.targetTokens())
            .put("tokens_per_second", outcome.tokensPerSecond())
            .put("target_tokens_per_second", outcome.targetTokensPerSecond())
            .put("training_seconds", outcome.trainingSeconds())
            .put("attempts", run.attempts())
            .put("resumed_from_step", outcome.resumedFromStep())
            .put("adapter_path", location)
            .put("adapter_sha256", AdapterFiles.sha256(adapter));
    if (!Double.isNaN(outcome.validationLoss())) {
      json.put("validation_loss", outcome.validationLoss());
    }
    putRanks(json, run);
    return json;
  }

  private static void putRanks(ObjectNode json, RankRun<FinetuneTask.Outcome> run) {
    ArrayNode ranks = json.putArray("ranks");
    long peakMemoryBytes = 0;
    for (RankPlace place : run.ranks()) {
      FinetuneTask.Outcome own = run.results().get(place.rank());
      peakMemoryBytes = Math.max(peakMemoryBytes, own.peakMemoryBytes());
      ranks
          .addObject()
          .put("rank", place.rank())
          .put("host", place.host())
          .put("pid", place.pid())
          .put("micro_batches", own.microBatches())
          .put("bytes_sent", own.bytesSent())
          .put("peak_memory_bytes", own.peakMemoryBytes());
    }
    json.put("peak_memory_bytes", peakMemoryBytes);
  }

  /** What the job plan says, with what only the table tells. */
  ObjectNode plan(PinnedTable table) {
    return Plan.of(recipe)
        .json()
        .put("examples", table.examples())
        .put("steps", recipe.train().settings().steps(table.examples()));
  }

  /** Keeps an attempt that ended by bad luck. */
  void lost(int attempt, String reason) {
    lostAttempts.addObject().put("attempt", attempt).put("reason", reason);
  }

  /**
   * @param keys the result file's, as {@link #json} makes them
   */
  TrainRun done(ObjectNode keys, RankRun<FinetuneTask.Outcome> run, PinnedTable table) {
    FinetuneTask.Outcome outcome = run.results().get(0);
    ObjectNode measured =
        Json.object()
            .put("training_seconds", outcome.trainingSeconds())
            .put("peak_memory_bytes", keys.path("peak_memory_bytes").asLong());
    measured.set("ranks", keys.path("ranks"));
    return new TrainRun(
        runId,
        TrainRun.Status.DONE,
        recipe.identity(Job.FINETUNE).sha256(),
        ModelFolder.open(recipe.model().folder()).sha256(),
        recipe.base().config().quantization().map(Quantization::text),
        table.path(),
        table.version(),
        run.ranks().size(),
        run.attempts(),
        outcome.resumedFromStep(),
        outcome.steps(),
        outcome.trainableParameters(),
        OptionalDouble.of(outcome.lossFirst()),
        OptionalDouble.of(outcome.lossLast()),
        Double.isNaN(outcome.validationLoss())
            ? OptionalDouble.empty()
            : OptionalDouble.of(outcome.validationLoss()),
        outcome.tokens(),
        outcome.targetTokens(),
        OptionalDouble.of(outcome.tokensPerSecond()),
        Optional.of(keys.path("adapter_path").asText()),
        Optional.of(keys.path("adapter_sha256").asText()),
        Optional.empty(),
        startedAt,
        Instant.now(),
        Optional.of(details(measured, table)));
  }

  /**
   * @param steps that the job took before
   */
  TrainRun failed(SparkPeftException failure, List<Stepped> steps, PinnedTable table) {
    return new TrainRun(
        runId,
        TrainRun.Status.FAILED,
        recipe.identity(Job.FINETUNE).sha256(),
        ModelFolder.open(recipe.model().folder()).sha256(),
        recipe.base().config().quantization().map(Quantization::text),
        table.path(),
        table.version(),
        recipe.train().ranks(),
        Math.max(1, lostAttempts.size()),
        steps.isEmpty() ? 0 : steps.get(0).step().step() - 1,
        steps.isEmpty() ? 0 : last(steps).step(),
        plan(table).path("trainable_parameters").asLong(),
        steps.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(steps.get(0).step().loss()),
        steps.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(last(steps).loss()),
        OptionalDouble.empty(),
        steps.stream().mapToLong(step -> step.step().tokens()).sum(),
        steps.stream().mapToLong(step -> step.step().targetTokens()).sum(),
        OptionalDouble.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(failure.getMessage()),
        startedAt,
        Instant.now(),
        Optional.of(details(Json.object(), table)));
  }

  private static StepEvent last(List<Stepped> steps) {
    return steps.get(steps.size() - 1).step();
  }

  private TrainRun.Details details(ObjectNode measured, PinnedTable table) {
    measured.set("lost_attempts", lostAttempts);
    return new TrainRun.Details(
        LocalCopy.name(recipe.model().folder()),
        CodeVersion.text(),
        recipe.effective().json(Job.FINETUNE),
        plan(table),
        measured);
  }
}
