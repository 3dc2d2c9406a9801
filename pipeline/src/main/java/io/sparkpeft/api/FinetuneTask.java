package io.sparkpeft.api;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.base.ScratchFolder;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.model.AdapterTraining;
import io.sparkpeft.model.Decoder;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.model.DecoderMemory;
import io.sparkpeft.recipe.RankMemory;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.rank.RankContext;
import io.sparkpeft.spark.rank.RankTask;
import io.sparkpeft.spark.storage.Published;
import io.sparkpeft.spark.storage.Storage;
import io.sparkpeft.spark.table.PinnedTable;
import io.sparkpeft.spark.table.Spool;
import io.sparkpeft.spark.telemetry.RankEvents;
import io.sparkpeft.spark.telemetry.TelemetrySource;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.train.CheckpointIdentity;
import io.sparkpeft.train.CheckpointStore;
import io.sparkpeft.train.TrainEvents;
import io.sparkpeft.train.TrainResult;
import io.sparkpeft.train.TrainSettings;
import io.sparkpeft.train.TrainTask;
import io.sparkpeft.train.Trainer;
import io.sparkpeft.train.Validation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.util.SerializableConfiguration;

/**
 * What every rank of a fine-tuning run does: loads the base, spools the pinned token table, trains,
 * and on rank 0 saves the adapter.
 *
 * @param assignments the recipe, as {@code --set} would give it
 * @param table the pinned version of the token table
 * @param identity all that decides the result, for checkpoints
 * @param arithmetic the text of the {@link Arithmetic} that all ranks keep to
 * @param work the folder of checkpoints and of the adapter to be saved, the same for all ranks
 * @param telemetry how its progress reaches the driver
 * @param resumeFrom the checkpoint to go on from; empty text for the beginning
 */
record FinetuneTask(
    List<String> assignments,
    PinnedTable table,
    TreeMap<String, String> identity,
    String arithmetic,
    String work,
    String resumeFrom,
    SerializableConfiguration hadoop,
    TelemetrySource telemetry)
    implements RankTask<FinetuneTask.Outcome> {

  static final String ADAPTER = "adapter";
  static final String CHECKPOINTS = "checkpoints";

  /** A rank's result, in a form that travels. */
  record Outcome(
      long steps,
      double lossFirst,
      double lossLast,
      double validationLoss,
      long tokens,
      long targetTokens,
      double tokensPerSecond,
      double targetTokensPerSecond,
      long microBatches,
      long bytesSent,
      long resumedFromStep,
      double trainingSeconds,
      long peakMemoryBytes,
      long trainableParameters)
      implements java.io.Serializable {

    static Outcome of(TrainResult result, long trainableParameters) {
      return new Outcome(
          result.steps(),
          result.lossFirst(),
          result.lossLast(),
          result.validationLoss().orElse(Double.NaN),
          result.tokens(),
          result.targetTokens(),
          result.tokensPerSecond(),
          result.targetTokensPerSecond(),
          result.microBatches(),
          result.bytesSent(),
          result.resumedFromStep(),
          result.trainingSeconds(),
          result.peakMemoryBytes(),
          trainableParameters);
    }
  }

  @Override
  public Outcome run(RankContext rank) {
    Engine.prepareThread();
    Recipe recipe = Recipe.read(Optional.empty(), assignments);
    Device device = rank.gpuAddress().map(Device::gpu).orElse(Device.cpu());
    try (ScratchFolder scratch = ScratchFolder.open("spark-peft-spool-");
        NDManager manager = Engine.newManager(device);
        RankEvents events = telemetry.events(rank.attempt(), rank.rank())) {
      LoadedBase base =
          LoadedBase.load(
              manager,
              Storage.here().ensure(recipe.model().folder()),
              recipe.base().quantization(),
              arithmeticThatRunsOn(device, rank));
      Adapter adapter = adapter(manager, recipe, base);
      TrainTask task = task(rank, recipe, base.decoder(), adapter, scratch.path(), events);
      TrainResult result = Trainer.run(task);
      if (rank.rank() == 0) {
        save(adapter, base);
      }
      return Outcome.of(result, adapter.parameterCount());
    }
  }

  private Arithmetic arithmeticThatRunsOn(Device device, RankContext rank) {
    Arithmetic chosen = Arithmetic.parse(arithmetic);
    if (!chosen.runsOn(device)) {
      throw ApiErrors.otherProcessor(rank.rank(), rank.host(), arithmetic);
    }
    return chosen;
  }

  private Adapter adapter(NDManager manager, Recipe recipe, LoadedBase base) {
    Optional<String> warmStart = recipe.adapter().path();
    return warmStart.isPresent()
        ? Adapters.load(
            manager,
            Storage.here().ensure(Path.of(warmStart.get())),
            base.baseModel(),
            base.frozenTensors())
        : Adapters.create(
            manager,
            base.adapterConfig(recipe),
            base.baseModel(),
            base.frozenTensors(),
            recipe.train().seed());
  }

  private TrainTask task(
      RankContext rank,
      Recipe recipe,
      Decoder decoder,
      Adapter adapter,
      Path scratch,
      TrainEvents events) {
    DecoderConfig config = decoder.config();
    DecoderMemory memory =
        DecoderMemory.of(
            config, decoder.arithmetic().compute(), adapter.config().shape(config.baseModel()));
    AdapterTraining training =
        new AdapterTraining(decoder, adapter, RankMemory.checkpointing(recipe, memory));
    TokenFile tokens = Spool.write(table, hadoop.value(), scratch.resolve("train"));
    TrainSettings settings = recipe.trainSettings(config.maxPositionEmbeddings());
    Path checkpoints = Path.of(work, CHECKPOINTS);
    CheckpointIdentity run =
        new CheckpointIdentity(identity, new TreeMap<>(Map.of("text", arithmetic)));
    return new TrainTask(
        settings,
        adapter,
        recipe.train().rates().groups(adapter.parameters()),
        recipe.train().stateMemory(scratch),
        training::lossAndGradient,
        tokens,
        validation(training, scratch),
        rank.collective(),
        rank.cores(),
        Optional.of(
            new CheckpointStore(
                checkpoints, run, new Published(Storage.here(), CheckpointStore.LAST_FILE))),
        resumeFrom.isEmpty()
            ? Optional.empty()
            : Optional.of(Storage.here().ensure(Path.of(resumeFrom))),
        events,
        rank.interruption());
  }

  private Optional<Validation> validation(AdapterTraining training, Path scratch) {
    TokenFile held = Spool.writeValidation(table, hadoop.value(), scratch.resolve("validation"));
    return held.size() == 0 ? Optional.empty() : Optional.of(new Validation(held, training::loss));
  }

  private void save(Adapter adapter, LoadedBase base) {
    Path target = Path.of(work, ADAPTER);
    NewFolder.deleteTree(target);
    try (NewFolder folder = NewFolder.at(target)) {
      adapter.save(folder.path(), LocalCopy.name(base.folder().path()));
      folder.commit();
    }
    Storage.here().publish(target, AdapterFiles.CONFIG);
  }
}
