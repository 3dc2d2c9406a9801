package io.sparkpeft.recipe;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a benchmark measures. Its steps are optimizer steps of {@code train.global_batch_size}
 * documents.
 *
 * @param documents a file of tokenized documents; empty: drawn by {@code train.seed}
 * @param warmupSteps before anything is measured
 * @param steps whose speed is measured
 * @param profileSteps after those, in which every kernel is timed
 * @param workers threads that compute micro-batches; empty: as many as there are processors
 */
public record BenchSection(
    Optional<String> documents,
    int warmupSteps,
    int steps,
    int profileSteps,
    Optional<Integer> workers,
    Device device) {

  /** Where the engine computes. */
  public enum Device {
    CPU,
    /** The first one. */
    GPU
  }

  static final Key<Optional<String>> DOCUMENTS =
      Key.optional(
              "bench.documents",
              ValueTypes.TEXT,
              "drawn by train.seed with lengths distributed as Alpaca's",
              "A file with one tokenized document per line: {\"tokens\": [1, 529, ...],"
                  + " \"prompt_tokens\": 41}.")
          .input();

  static final Key<Integer> WARMUP_STEPS =
      Key.of(
              "bench.warmup_steps",
              ValueTypes.INTEGER,
              3,
              "Optimizer steps before anything is measured.")
          .must("at least 1", steps -> steps >= 1);

  static final Key<Integer> STEPS =
      Key.of(
              "bench.steps",
              ValueTypes.INTEGER,
              10,
              "Optimizer steps whose speed is measured, each of train.global_batch_size documents.")
          .must("at least 1", steps -> steps >= 1);

  static final Key<Integer> PROFILE_STEPS =
      Key.of(
              "bench.profile_steps",
              ValueTypes.INTEGER,
              2,
              "Optimizer steps after those, in which every kernel call is timed.")
          .must("at least 1", steps -> steps >= 1);

  static final Key<Optional<Integer>> WORKERS =
      Key.optional(
              "bench.workers",
              ValueTypes.INTEGER,
              "as many as there are processors; 1 on a GPU",
              "Threads that compute micro-batches, each one at a time.")
          .must("at least 1", workers -> workers.isEmpty() || workers.get() >= 1);

  static final Key<Device> DEVICE =
      Key.of(
          "bench.device",
          ValueTypes.oneOf(Device.class),
          Device.CPU,
          "Where the engine computes: cpu, or gpu for the first one.");

  static final List<Key<?>> KEYS =
      List.of(DOCUMENTS, WARMUP_STEPS, STEPS, PROFILE_STEPS, WORKERS, DEVICE);

  static BenchSection of(EffectiveRecipe recipe) {
    return new BenchSection(
        recipe.value(DOCUMENTS),
        recipe.value(WARMUP_STEPS),
        recipe.value(STEPS),
        recipe.value(PROFILE_STEPS),
        recipe.value(WORKERS),
        recipe.value(DEVICE));
  }

  /** The file of documents, absolute. */
  public Optional<Path> documentsFile() {
    return documents.map(Location::folder);
  }

  /** Steps of the whole run. */
  public int allSteps() {
    return warmupSteps + steps + profileSteps;
  }

  /** Threads that compute micro-batches on this machine. */
  public int workerCount() {
    return workers.orElseGet(
        () -> device == Device.GPU ? 1 : Runtime.getRuntime().availableProcessors());
  }
}
