package io.sparkpeft.api.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.AdapterShape;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.ScratchFolder;
import io.sparkpeft.collective.InProcessCollective;
import io.sparkpeft.model.AdapterTraining;
import io.sparkpeft.model.Checkpointing;
import io.sparkpeft.model.Decoder;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.model.DecoderMemory;
import io.sparkpeft.model.RandomWeights;
import io.sparkpeft.model.TrainingFlops;
import io.sparkpeft.optim.StateMemory;
import io.sparkpeft.quant.QuantizedFormat;
import io.sparkpeft.recipe.BenchSection;
import io.sparkpeft.recipe.ModelSection.ComputeDtype;
import io.sparkpeft.recipe.Plan;
import io.sparkpeft.recipe.RankMemory;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.train.PeakMemory;
import io.sparkpeft.train.TrainResult;
import io.sparkpeft.train.TrainTask;
import io.sparkpeft.train.Trainer;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.TensorSource;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Trains for some steps in this process, without Spark, and measures it: speed, where the time
 * goes, how near it comes to the machine's own limit, and memory. Leaves nothing behind.
 */
public final class Bench {
  private final Recipe recipe;
  private final BenchSection bench;
  private final Path folder;
  private final DecoderConfig config;

  private Bench(Recipe recipe) {
    this.bench = recipe.bench();
    this.recipe = recipe.with("train.max_steps", bench.allSteps(), "bench.*");
    this.folder = recipe.model().folder();
    this.config = recipe.base().config();
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) without a config.json, (65) if weights or
   *     documents cannot be used, (78) if the adapter does not fit the model
   */
  public static Benchmark run(Recipe recipe) {
    return new Bench(recipe).run();
  }

  private Benchmark run() {
    Engine.prepareThread();
    Device device = bench.device() == BenchSection.Device.GPU ? Device.gpu() : Device.cpu();
    try (ScratchFolder scratch = ScratchFolder.open("spark-peft-bench-");
        NDManager manager = Engine.newManager(device)) {
      Documents documents = Documents.of(recipe, config, scratch.path().resolve("documents"));
      StateMemory optimizerState = recipe.train().stateMemory(scratch.path());
      warmUp(manager);
      long floor = PeakMemory.residentBytes();
      Decoder decoder = decoder(manager);
      decoder.logits(Optional.empty(), new int[] {0, 0}); // touches weights that are mapped
      long loaded = PeakMemory.residentBytes();
      try (Adapter adapter = adapter(manager, decoder)) {
        Loaded memory = new Loaded(floor, loaded - floor);
        return measured(decoder, adapter, documents, optimizerState, manager, memory);
      }
    }
  }

  /** Bytes resident before there were weights, and what these added. */
  private record Loaded(long floor, long weights) {}

  /** Compiles the kernels, which belong to the process, not to the model. */
  private static void warmUp(NDManager manager) {
    Tensors.fromFloats(manager, new float[1], 1).close();
  }

  private Decoder decoder(NDManager manager) {
    Device device = manager.getDevice();
    if (ModelFolder.hasWeights(folder)) {
      TensorSource stored = ModelFolder.open(folder).tensors();
      Dtype dtype = QuantizedFormat.plainDtype(stored);
      return Decoder.load(manager, config, stored, Arithmetic.choose(wanted(), dtype, device));
    }
    Dtype dtype = config.stored().orElse(Dtype.FLOAT32);
    Arithmetic arithmetic = Arithmetic.choose(wanted(), dtype, device);
    TensorSource random = new RandomWeights(config, arithmetic.compute(), recipe.train().seed());
    return Decoder.load(manager, config, random, arithmetic);
  }

  private Optional<Dtype> wanted() {
    ComputeDtype dtype = recipe.model().dtype();
    return dtype == ComputeDtype.AUTO ? Optional.empty() : Optional.of(Dtype.valueOf(dtype.name()));
  }

  private Adapter adapter(NDManager manager, Decoder decoder) {
    BaseModel base = config.baseModel();
    Optional<Path> stored = recipe.adapter().folder();
    if (stored.isPresent()) {
      return Adapters.load(manager, stored.get(), base, decoder.frozenTensors());
    }
    AdapterConfig settings = AdapterConfig.of(recipe.adapterSettings()).resolvedFor(base);
    return Adapters.create(manager, settings, base, decoder.frozenTensors(), recipe.train().seed());
  }

  private Benchmark measured(
      Decoder decoder,
      Adapter adapter,
      Documents documents,
      StateMemory optimizerState,
      NDManager manager,
      Loaded memory) {
    AdapterShape shape = adapter.config().shape(config.baseModel());
    DecoderMemory predicted = DecoderMemory.of(config, decoder.arithmetic().compute(), shape);
    Checkpointing checkpointing = RankMemory.checkpointing(recipe, predicted);
    AdapterTraining training = new AdapterTraining(decoder, adapter, checkpointing);
    StepTimes times = new StepTimes(bench, config.vocabularySize(), manager.getDevice());
    TrainResult result = train(training, adapter, documents, optimizerState, times);
    TrainingFlops flops = new TrainingFlops(config, shape, checkpointing);
    Assessment assessment =
        new Assessment(recipe, documents, flops, times, decoder.arithmetic(), manager);
    return new Benchmark(
        setting(decoder, adapter, documents, checkpointing, manager.getDevice()),
        assessment.speed(result),
        assessment.limit(),
        assessment.parts(),
        assessment.kernels(),
        new Benchmark.Memory(
            memory.floor(),
            memory.weights(),
            result.peakMemoryBytes(),
            Runtime.getRuntime().totalMemory(),
            Plan.of(recipe).memory()));
  }

  private TrainResult train(
      AdapterTraining training,
      Adapter adapter,
      Documents documents,
      StateMemory optimizerState,
      StepTimes times) {
    try (times) {
      return Trainer.run(
          new TrainTask(
              recipe.trainSettings(config.maxPositionEmbeddings()),
              adapter,
              recipe.train().rates().groups(adapter.parameters()),
              optimizerState,
              training::lossAndGradient,
              documents.file(),
              Optional.empty(),
              InProcessCollective.alone(),
              bench.workerCount(),
              Optional.empty(),
              Optional.empty(),
              times,
              () -> false));
    }
  }

  private Benchmark.Setting setting(
      Decoder decoder,
      Adapter adapter,
      Documents documents,
      Checkpointing checkpointing,
      Device device) {
    return new Benchmark.Setting(
        "%s, %d layers, hidden %d"
            .formatted(config.modelType(), config.layers(), config.hiddenSize()),
        config.parameterCount(),
        adapter.parameterCount(),
        ModelFolder.hasWeights(folder)
            ? "weights of " + Path.of(LocalCopy.name(folder)).getFileName()
            : "random weights by seed " + recipe.train().seed(),
        decoder.quantizedWeights(),
        documents.origin(),
        device.getDeviceType(),
        decoder.arithmetic().text(),
        checkpointing.name().toLowerCase(Locale.ROOT),
        bench.workerCount(),
        recipe.data().packing(),
        recipe.train().microBatchSize(),
        recipe.train().globalBatchSize());
  }
}
