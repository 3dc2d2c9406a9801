package io.sparkpeft.train;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.Derivation;
import io.sparkpeft.base.Sha256;
import io.sparkpeft.collective.Collective;
import io.sparkpeft.data.DataOrder;
import io.sparkpeft.data.StepPlan;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.optim.GradientClip;
import io.sparkpeft.optim.LearningRateSchedule;
import io.sparkpeft.optim.Optimizer;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.train.GlobalStep.MicroBatch;
import io.sparkpeft.train.TrainEvents.Resumed;
import io.sparkpeft.train.TrainEvents.Saved;
import io.sparkpeft.train.TrainEvents.Started;
import io.sparkpeft.train.TrainEvents.StepEvent;
import io.sparkpeft.train.TrainEvents.Validated;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Trains an adapter as one rank of several. In every step each rank computes its share of the
 * step's micro-batches, the gradients of all are summed exactly, and every rank changes its copy of
 * the adapter by the same arithmetic: the result has the same bits for any number of ranks and
 * workers, and after any interruption.
 */
public final class Trainer implements AutoCloseable {
  /** The increment of SplitMix64 (Steele et al. 2014). */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final TrainTask task;
  private final TrainSettings settings;
  private final Adapter adapter;
  private final TokenFile training;
  private final Collective collective;
  private final Agreement agreement;
  private final StepPlan plan;
  private final DataOrder order;
  private final long steps;
  private final LearningRateSchedule learningRates;
  private final Optimizer optimizer;
  private final MicroBatchWorkers workers;
  private final GradientSum sum;
  private final float[] gradient;
  private final Throughput throughput = new Throughput();

  private Progress progress = Progress.NONE;
  private OptionalDouble validationLoss = OptionalDouble.empty();
  private long microBatches;

  private Trainer(TrainTask task) {
    this.task = task;
    this.settings = task.settings();
    this.adapter = task.adapter();
    this.training = task.training();
    this.collective = task.collective();
    this.agreement = new Agreement(collective);
    this.plan = settings.plan(training.size());
    this.order = new DataOrder(settings.seed(), training.size());
    this.steps = settings.steps(training.size());
    this.learningRates = settings.learningRates(steps);
    this.optimizer = Optimizer.create(settings.optimizer(), task.groups(), task.stateMemory());
    this.workers = new MicroBatchWorkers(task.workers(), adapter.parameterCount());
    this.sum = new GradientSum(adapter.parameterCount());
    this.gradient = new float[adapter.parameterCount()];
  }

  /**
   * Trains from the beginning or the given checkpoint to the last step.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if the loss or a gradient is not finite, (70)
   *     if a module gets no gradient or the ranks differ, (73) if a checkpoint cannot be written,
   *     (75) if a peer is lost or the thread interrupted, (78) if the checkpoint is another run's
   */
  public static TrainResult run(TrainTask task) {
    Engine.prepareThread();
    PeakMemory.reset();
    try (Trainer trainer = new Trainer(task)) {
      return trainer.run();
    }
  }

  private TrainResult run() {
    long bytesBefore = collective.bytesSent();
    agreement.require("configuration", 0, Sha256.of(settings.toString()));
    agreement.require("training data", 0, Agreement.hash(training));
    Optional<Resumed> resumed = task.resumeFrom().map(this::resume);
    agreement.require("adapter", progress.steps(), Agreement.hash(adapter));
    task.events().started(started(resumed));
    while (progress.steps() < steps) {
      StepEvent step = step(progress.steps());
      progress = progress.after(step);
      throughput.add(step);
      task.events().step(step);
      if (step.step() % settings.saveSteps() == 0 || step.step() == steps) {
        validate();
        save();
      }
    }
    if (validationLoss.isEmpty()) {
      validate();
    }
    TrainResult result = result(resumed, collective.bytesSent() - bytesBefore);
    task.events().finished(result);
    return result;
  }

  private Resumed resume(Path path) {
    Checkpoint checkpoint = task.checkpoints().orElseThrow().load(path);
    checkpoint.restore(adapter);
    adapter.derivation().ifPresent(Derivation::refresh);
    optimizer.restore(checkpoint.optimizer());
    progress = checkpoint.progress();
    return new Resumed(progress.steps(), path);
  }

  /**
   * @param index of the step, counted from 0
   */
  private StepEvent step(long index) {
    if (task.interruption().getAsBoolean() || Thread.currentThread().isInterrupted()) {
      throw TrainErrors.interrupted();
    }
    long begin = System.nanoTime();
    long bytesBefore = collective.bytesSent();
    GlobalStep work = GlobalStep.of(training, order, plan, index, settings.batching());
    if (work.targetTokens() == 0) {
      throw TrainErrors.noTargets(index + 1);
    }
    computeOwnShare(work, index);
    long reduceBegin = System.nanoTime();
    collective.sum(sum.values());
    double reduceSeconds = secondsSince(reduceBegin);
    double learningRate = learningRates.at(index);
    double norm = applyGradient(index, learningRate);
    return new StepEvent(
        index + 1,
        steps,
        (double) (index + 1) / plan.stepsPerEpoch(),
        sum.loss(),
        learningRate,
        norm,
        work.tokens(),
        work.targetTokens(),
        secondsSince(begin),
        reduceSeconds,
        collective.bytesSent() - bytesBefore);
  }

  private void computeOwnShare(GlobalStep work, long index) {
    double lossScale = 1.0 / work.targetTokens();
    long dropoutSeed = dropoutSeed(index);
    List<MicroBatch> own = work.ofRank(collective.rank(), collective.size());
    sum.clear();
    workers.forEach(
        own,
        training,
        (batch, buffer) -> {
          double loss = task.gradients().lossAndGradient(batch, lossScale, dropoutSeed, buffer);
          sum.add(buffer, loss * lossScale);
        });
    microBatches += own.size();
  }

  /** Changes the adapter by the summed gradient; returns its norm before clipping. */
  private double applyGradient(long index, double learningRate) {
    sum.decode(gradient);
    double norm = GradientClip.norm(gradient);
    if (!Double.isFinite(norm) || !Double.isFinite(sum.loss())) {
      throw TrainErrors.notFinite(index + 1, sum.loss(), learningRate);
    }
    if (index == 0) {
      requireGradientEverywhere();
    }
    if (settings.maxGradNorm() > 0) {
      GradientClip.clip(gradient, norm, settings.maxGradNorm());
    }
    optimizer.step(gradient, learningRate);
    adapter.derivation().ifPresent(Derivation::refresh);
    return norm;
  }

  private void requireGradientEverywhere() {
    List<String> untouched = GradientCheck.untouchedModules(adapter, gradient);
    if (!untouched.isEmpty()) {
      throw TrainErrors.noGradient(untouched);
    }
  }

  /** A key of its own for each step, and never 0. */
  private long dropoutSeed(long index) {
    long seed = (settings.seed() ^ GOLDEN) + (index + 1) * GOLDEN;
    return seed == 0 ? GOLDEN : seed;
  }

  /** Spread over the ranks like a training step. */
  private void validate() {
    task.validation().ifPresent(this::validate);
  }

  private void validate(Validation validation) {
    long begin = System.nanoTime();
    GlobalStep work = GlobalStep.ofAll(validation.examples(), settings.batching());
    double lossScale = 1.0 / work.targetTokens();
    GradientSum losses = new GradientSum(0);
    workers.forEach(
        work.ofRank(collective.rank(), collective.size()),
        validation.examples(),
        (batch, buffer) ->
            losses.add(new float[0], validation.loss().applyAsDouble(batch) * lossScale));
    collective.sum(losses.values());
    validationLoss = OptionalDouble.of(losses.loss());
    task.events()
        .validated(
            new Validated(
                progress.steps(), losses.loss(), work.targetTokens(), secondsSince(begin)));
  }

  private void save() {
    agreement.require("adapter", progress.steps(), Agreement.hash(adapter));
    if (collective.rank() == 0) {
      task.checkpoints().ifPresent(this::save);
    }
  }

  private void save(CheckpointStore store) {
    long begin = System.nanoTime();
    Checkpoint checkpoint = new Checkpoint(progress, Checkpoint.copyOf(adapter), optimizer.state());
    Path path = store.save(checkpoint, settings.keepCheckpoints());
    task.events().checkpoint(new Saved(progress.steps(), path, secondsSince(begin)));
  }

  private Started started(Optional<Resumed> resumed) {
    return new Started(
        steps,
        training.size(),
        task.validation().map(validation -> validation.examples().size()).orElse(0),
        adapter.parameterCount(),
        collective.size(),
        resumed);
  }

  private TrainResult result(Optional<Resumed> resumed, long bytesSent) {
    return new TrainResult(
        progress.steps(),
        progress.lossFirst(),
        progress.lossLast(),
        validationLoss,
        progress.tokens(),
        progress.targetTokens(),
        throughput.tokensPerSecond(),
        throughput.targetTokensPerSecond(),
        microBatches,
        bytesSent,
        resumed.map(Resumed::step).orElse(0L),
        throughput.seconds(),
        PeakMemory.bytes(),
        Agreement.hash(adapter));
  }

  private static double secondsSince(long nanoTime) {
    return (System.nanoTime() - nanoTime) / 1e9;
  }

  @Override
  public void close() {
    workers.close();
    optimizer.close();
  }
}
