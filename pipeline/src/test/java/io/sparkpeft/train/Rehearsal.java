package io.sparkpeft.train;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.collective.Collective;
import io.sparkpeft.collective.InProcessCollective;
import io.sparkpeft.data.MicroBatching;
import io.sparkpeft.data.TokenBatch;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.optim.LearningRateSchedule;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import io.sparkpeft.optim.ParameterGroup;
import io.sparkpeft.optim.StateMemory;
import io.sparkpeft.tensor.Engine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.function.ToDoubleFunction;

/**
 * A run of several ranks as threads, each with an adapter of its own. What a test does not set is
 * the same in all.
 */
final class Rehearsal {
  private final TokenFile training;
  private LongFunction<Student> students = BigramModel::student;
  private TrainSettings settings = settings(24, 4, 10);
  private int ranks = 1;
  private int workers = 1;
  private Optional<CheckpointStore> checkpoints = Optional.empty();
  private Optional<Path> resumeFrom = Optional.empty();
  private Optional<TokenFile> validation = Optional.empty();
  private TrainEvents events = TrainEvents.NONE;
  private BooleanSupplier interruption = () -> false;
  private RankChange<GradientSource> gradients = (rank, source) -> source;
  private RankChange<Long> adapterSeed = (rank, seed) -> seed;

  /** What is trained, and how its gradient is computed. */
  record Student(Adapter adapter, GradientSource gradients, ToDoubleFunction<TokenBatch> loss) {}

  /** What is different on a rank. */
  interface RankChange<T> {
    T on(int rank, T usual);
  }

  Rehearsal(TokenFile training) {
    this.training = training;
  }

  static TrainSettings settings(int globalBatch, int microBatch, long steps) {
    return new TrainSettings(
        0.05,
        0.01,
        1,
        OptionalLong.of(steps),
        globalBatch,
        new MicroBatching.Examples(microBatch),
        AdamWSettings.defaults(),
        LearningRateSchedule.Shape.COSINE,
        OptionalLong.empty(),
        1.0,
        7,
        4,
        2);
  }

  /** Makes a student from a seed. */
  Rehearsal students(LongFunction<Student> value) {
    students = value;
    return this;
  }

  Rehearsal settings(TrainSettings value) {
    settings = value;
    return this;
  }

  Rehearsal ranks(int value) {
    ranks = value;
    return this;
  }

  Rehearsal workers(int value) {
    workers = value;
    return this;
  }

  Rehearsal checkpoints(CheckpointStore value) {
    checkpoints = Optional.of(value);
    return this;
  }

  Rehearsal resumeFrom(Path value) {
    resumeFrom = Optional.of(value);
    return this;
  }

  Rehearsal validation(TokenFile value) {
    validation = Optional.of(value);
    return this;
  }

  /** Of rank 0. */
  Rehearsal events(TrainEvents value) {
    events = value;
    return this;
  }

  Rehearsal gradients(RankChange<GradientSource> value) {
    gradients = value;
    return this;
  }

  Rehearsal adapterSeed(RankChange<Long> value) {
    adapterSeed = value;
    return this;
  }

  Rehearsal interruption(BooleanSupplier value) {
    interruption = value;
    return this;
  }

  /** Runs all ranks; the first failure among them is thrown. */
  List<TrainResult> run() {
    ExecutorService threads = Executors.newFixedThreadPool(ranks);
    try {
      List<Future<TrainResult>> running = new ArrayList<>();
      for (Collective collective : InProcessCollective.group(ranks)) {
        running.add(threads.submit(() -> run(collective)));
      }
      List<TrainResult> results = new ArrayList<>();
      for (Future<TrainResult> result : running) {
        results.add(result.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw (RuntimeException) e.getCause();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } finally {
      threads.shutdownNow();
    }
  }

  private TrainResult run(Collective collective) {
    int rank = collective.rank();
    Engine.prepareThread();
    Student student = students.apply(adapterSeed.on(rank, 1L));
    try (collective;
        Adapter adapter = student.adapter()) {
      return Trainer.run(
          new TrainTask(
              settings,
              adapter,
              ParameterGroup.single(adapter.parameters(), settings.weightDecay()),
              new StateMemory.Resident(),
              gradients.on(rank, student.gradients()),
              training,
              validation.map(examples -> new Validation(examples, student.loss())),
              collective,
              workers,
              checkpoints,
              resumeFrom,
              rank == 0 ? events : TrainEvents.NONE,
              interruption));
    }
  }

  /** Events that end the run, as a lost executor does, after the given step. */
  static TrainEvents dyingAfter(long step) {
    return new TrainEvents() {
      @Override
      public void step(StepEvent event) {
        if (event.step() == step) {
          throw new IllegalStateException("killed");
        }
      }
    };
  }
}
