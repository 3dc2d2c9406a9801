package io.sparkpeft.spark.eval;

import io.sparkpeft.quant.Quantization;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What to evaluate and how.
 *
 * @param runId names the run: a run that is in the tables already is not made again
 * @param model folder of the base model, visible to all executors
 * @param adapter folder of an adapter to apply to it
 * @param compareBase whether to score the bare base as well; without an adapter it is all there is
 * @param tasks lm-eval's names, patterns or groups, and {@code perplexity}
 * @param source folder (or file) with the tasks' documents, visible to the driver
 * @param limit how many documents of each task to take, the first ones
 * @param shots solved examples before each question, for tasks that have some
 * @param tokenTable path of the token table that {@code perplexity} reads
 * @param dtype the arithmetic's type: auto (the weights' own), float32 or bfloat16
 * @param quantization of the base on load; empty for as it is stored
 * @param batchSize how many requests the model answers at once
 * @param tablesRoot where {@code eval_scores} and {@code eval_samples} lie
 */
public record EvaluateSettings(
    String runId,
    Path model,
    Optional<Path> adapter,
    boolean compareBase,
    List<String> tasks,
    Path source,
    OptionalInt limit,
    int shots,
    Optional<String> tokenTable,
    String dtype,
    Optional<Quantization> quantization,
    int batchSize,
    String tablesRoot) {

  public EvaluateSettings {
    tasks = List.copyOf(tasks);
  }
}
