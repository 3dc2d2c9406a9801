package io.sparkpeft.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.adapter.AdapterProvenance;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.TaskDevice;
import io.sparkpeft.spark.rank.RankRun;
import io.sparkpeft.spark.rank.RankRunner;
import io.sparkpeft.spark.rank.RankSettings;
import io.sparkpeft.spark.storage.Storage;
import io.sparkpeft.spark.table.PinnedTable;
import io.sparkpeft.spark.table.Prepare;
import io.sparkpeft.spark.table.TableIdentity;
import io.sparkpeft.spark.table.TokenTable;
import io.sparkpeft.spark.telemetry.RunEvent;
import io.sparkpeft.spark.telemetry.RunEvent.Stepped;
import io.sparkpeft.spark.telemetry.Telemetry;
import io.sparkpeft.spark.telemetry.TrainRun;
import io.sparkpeft.spark.telemetry.TrainRunsTable;
import io.sparkpeft.spark.telemetry.TrainStep;
import io.sparkpeft.spark.telemetry.TrainStepsTable;
import io.sparkpeft.text.PromptTemplate;
import io.sparkpeft.text.TokenizerFiles;
import io.sparkpeft.train.CheckpointStore;
import io.sparkpeft.weights.ModelFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/** A token table and a base model to an adapter: the driver's part. */
final class Finetuning {
  private final SparkSession session;
  private final JobEvents events;
  private final Recipe recipe;
  private final ResultFolder result;
  private final FinetuneReport report;

  Finetuning(SparkSession session, JobEvents events, Recipe recipe) {
    this.session = session;
    this.events = events;
    this.recipe = recipe.placed();
    this.result = ResultFolder.of(Job.FINETUNE, recipe);
    this.report = new FinetuneReport(result.runId(), recipe);
  }

  Finetuned run() {
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      events.accept("Run " + result.runId() + " is finished already; its adapter is reused.");
      return new Finetuned(finished.get(), true);
    }
    requireAgreementWithAdapterThatIsRead();
    PinnedTable table =
        TokenTable.pin(
            session, recipe.tokenTable(), OptionalLong.empty(), Optional.of(expectedIdentity()));
    requireRoom(table);
    String arithmetic = arithmetic();
    tellWhatWillHappen(table, arithmetic);
    try (Telemetry telemetry = Telemetry.open(session, result.runId(), events.watcher())) {
      if (!Telemetry.isConfigured(session)) {
        events.accept(Telemetry.howToConfigure());
      }
      events.phase("train");
      RankRun<FinetuneTask.Outcome> run = trainAndTell(table, arithmetic, telemetry);
      events.phase("save");
      return finish(table, run, telemetry);
    }
  }

  /** In a warm start the adapter's own configuration holds; what the recipe names must agree. */
  private void requireAgreementWithAdapterThatIsRead() {
    if (recipe.adapter().path().isEmpty()) {
      return;
    }
    AdapterConfig config = AdapterConfig.readToTrain(recipe.adapter().folder().orElseThrow());
    for (Map.Entry<String, JsonNode> given : recipe.givenAdapterSettings().properties()) {
      if (!config.with(given.getKey(), given.getValue()).equals(config)) {
        throw ApiErrors.conflictingAdapterKey(given.getKey(), given.getValue().toString());
      }
    }
  }

  /** Before anything is computed: the longest example may come last. */
  private void requireRoom(PinnedTable table) {
    DecoderConfig config = recipe.base().config();
    int virtualTokens =
        recipe
            .adapter()
            .folder()
            .map(AdapterConfig::readToTrain)
            .orElseGet(() -> AdapterConfig.of(recipe.adapterSettings()))
            .virtualTokens();
    if (table.longestTokens() + virtualTokens > config.contextLength()) {
      throw ApiErrors.noRoom(table.longestTokens(), virtualTokens, config.contextLength());
    }
  }

  /** What the table must have been made from, as far as the recipe says. */
  private TableIdentity expectedIdentity() {
    if (recipe.data().source().isPresent()) {
      DecoderConfig config = DecoderConfig.read(ModelFolder.openConfig(recipe.model().folder()));
      return Prepare.identity(session, Settings.prepare(recipe, result.runId(), config));
    }
    TokenizerFiles tokenizer = TokenizerFiles.read(recipe.model().folder());
    PromptTemplate template = PromptTemplate.of(recipe.data().template(), tokenizer);
    return new TableIdentity(
        Map.of("template_sha256", template.sha256(), "tokenizer_sha256", tokenizer.sha256()));
  }

  /** Chosen once, by an executor's processor or GPU, and kept to by every rank of every attempt. */
  private String arithmetic() {
    String path = recipe.model().folder().toString();
    String wanted = recipe.model().dtype().name();
    return OnExecutor.run(
        session,
        "spark-peft: look at the base model",
        () -> {
          Path base = Storage.here().ensure(Path.of(path));
          return LoadedBase.arithmetic(base, wanted, TaskDevice.here()).text();
        });
  }

  private void tellWhatWillHappen(PinnedTable table, String arithmetic) {
    events.watcher().accept(new RunEvent.Planned(events.origin(), report.plan(table)));
    events.accept(
        "Training on %,d examples (%,d tokens, %,d of them targets) of %s, version %d."
            .formatted(
                table.examples(),
                table.tokens(),
                table.targetTokens(),
                table.path(),
                table.version()));
    events.accept(
        "%,d steps of %d examples in micro-batches of %d on %d ranks, computing in %s."
            .formatted(
                recipe.train().settings().steps(table.examples()),
                recipe.train().globalBatchSize(),
                recipe.train().microBatchSize(),
                recipe.train().ranks(),
                arithmetic));
  }

  /** The steps of a run that failed are told as well: what resumes it adds its own to them. */
  private RankRun<FinetuneTask.Outcome> trainAndTell(
      PinnedTable table, String arithmetic, Telemetry telemetry) {
    try {
      return train(table, arithmetic, telemetry);
    } catch (SparkPeftException failure) {
      try {
        tellSteps(telemetry);
        runs().replace(report.failed(failure, telemetry.steps(), table));
      } catch (SparkPeftException untold) {
        failure.addSuppressed(untold);
      }
      throw failure;
    }
  }

  private void tellSteps(Telemetry telemetry) {
    new TrainStepsTable(session, recipe.tables().root())
        .replace(result.runId(), telemetry.steps(), telemetry.validationLosses());
  }

  private TrainRunsTable runs() {
    return new TrainRunsTable(session, recipe.tables().root());
  }

  private void tellLost(int attempt, String reason) {
    report.lost(attempt, reason);
    events
        .watcher()
        .accept(
            new RunEvent.AttemptLost(
                RunEvent.Origin.ofDriver(result.runId(), attempt),
                reason,
                recipe.train().maxAttempts()));
  }

  private RankRun<FinetuneTask.Outcome> train(
      PinnedTable table, String arithmetic, Telemetry telemetry) {
    RankSettings ranks =
        RankSettings.of(recipe.train().ranks()).withMaxAttempts(recipe.train().maxAttempts());
    SerializableConfiguration hadoop =
        new SerializableConfiguration(session.sparkContext().hadoopConfiguration());
    return new RankRunner(session, ranks, events, this::tellLost)
        .run(
            attempt ->
                new FinetuneTask(
                    recipe.effective().assignments(),
                    table,
                    new TreeMap<>(result.identity()),
                    arithmetic,
                    result.work().toString(),
                    resumeFrom(attempt).map(Path::toString).orElse(""),
                    hadoop,
                    telemetry.source()));
  }

  /** A later attempt always goes on from the newest checkpoint; the first as the recipe says. */
  private Optional<Path> resumeFrom(int attempt) {
    String resume = recipe.train().resume();
    if (attempt > 1 || resume.equals("auto")) {
      return latestCheckpoint();
    }
    if (resume.equals("never")) {
      NewFolder.deleteTree(result.work());
      Storage.here().deleteOrigin(result.work().resolve(FinetuneTask.CHECKPOINTS));
      return Optional.empty();
    }
    Path chosen = Path.of(resume);
    if (!Files.isDirectory(chosen)) {
      throw ApiErrors.noSuchCheckpoint(resume);
    }
    return Optional.of(chosen);
  }

  /** Of an object store, the newest that is complete there is brought here. */
  private Optional<Path> latestCheckpoint() {
    Path checkpoints = result.work().resolve(FinetuneTask.CHECKPOINTS);
    if (LocalCopy.origin(checkpoints).isPresent()) {
      NewFolder.deleteTree(checkpoints);
      Storage storage = Storage.of(session, events);
      storage.foldersIn(checkpoints).stream()
          .filter(checkpoint -> storage.exists(checkpoint.resolve(CheckpointStore.LAST_FILE)))
          .findFirst()
          .ifPresent(storage::ensure);
    }
    return CheckpointStore.latest(checkpoints, events);
  }

  /**
   * Tells the run in the tables, then lets the result's folder appear: the adapter, its provenance,
   * and the last checkpoints. The folder comes last, for it is what makes a run finished: one that
   * ended before is tried again, resumes behind its last step, and replaces its rows.
   */
  private Finetuned finish(
      PinnedTable table, RankRun<FinetuneTask.Outcome> run, Telemetry telemetry) {
    Path work = result.work();
    Path adapter = Storage.here().ensure(work.resolve(FinetuneTask.ADAPTER));
    provenance(table, run.results().get(0)).write(adapter);
    Storage.here().publish(adapter, AdapterFiles.CONFIG);
    String location = result.location(FinetuneTask.ADAPTER);
    ObjectNode keys = FinetuneReport.json(adapter, location, run);
    tellSteps(telemetry);
    TrainRun row = report.done(keys, run, table);
    runs().replace(row);
    try (NewFolder folder = result.begin()) {
      writePage(folder, row, telemetry);
      List<String> parts = List.of(FinetuneTask.ADAPTER, FinetuneTask.CHECKPOINTS);
      Finetuned finetuned = new Finetuned(result.commit(folder, keys, parts), false);
      NewFolder.deleteTree(work);
      return finetuned;
    }
  }

  /** Without its page a run is as good: the job report makes it at any time. */
  private void writePage(NewFolder folder, TrainRun row, Telemetry telemetry) {
    try {
      folder.write(
          Reporting.PAGE,
          Reporting.ofTraining(session, row, steps(telemetry), recipe.tables().root()));
    } catch (RuntimeException e) {
      events.accept("The run's page was not written: " + e.getMessage());
    }
  }

  /** All of the run's; those from before it was resumed are in the table alone. */
  private List<TrainStep> steps(Telemetry telemetry) {
    List<Stepped> heard = telemetry.steps();
    boolean areAll = !heard.isEmpty() && heard.get(0).step().step() == 1;
    return areAll
        ? heard.stream().map(step -> TrainStep.of(step, telemetry.validationLosses())).toList()
        : new TrainStepsTable(session, recipe.tables().root()).steps(result.runId());
  }

  private AdapterProvenance provenance(PinnedTable table, FinetuneTask.Outcome outcome) {
    Map<String, String> made = table.identity().values();
    return new AdapterProvenance(
        ModelFolder.open(recipe.model().folder()).sha256(),
        recipe.base().config().quantization().map(Quantization::text),
        Optional.of(table.path()),
        OptionalLong.of(table.version()),
        Optional.ofNullable(made.get("template_sha256")),
        Optional.ofNullable(made.get("tokenizer_sha256")),
        CodeVersion.text(),
        recipe.train().seed(),
        metrics(outcome));
  }

  private static Map<String, Double> metrics(FinetuneTask.Outcome outcome) {
    Map<String, Double> metrics = new TreeMap<>();
    metrics.put("loss_first", outcome.lossFirst());
    metrics.put("loss_last", outcome.lossLast());
    if (!Double.isNaN(outcome.validationLoss())) {
      metrics.put("validation_loss", outcome.validationLoss());
    }
    return metrics;
  }
}
