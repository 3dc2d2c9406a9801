package io.sparkpeft.spark.rank;

import io.sparkpeft.collective.Collective;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What a rank knows of itself.
 *
 * @param rank from 0
 * @param ranks how many there are
 * @param attempt from 1
 * @param collective what the ranks do together; closed by the runner
 * @param host of this rank's executor
 * @param pid of this rank's executor
 * @param cores this task may use (spark.task.cpus): micro-batches at the same time
 * @param gpuAddress index of the GPU that Spark gave to this task, if it gave one
 * @param interruption whether Spark ends this attempt
 */
public record RankContext(
    int rank,
    int ranks,
    int attempt,
    Collective collective,
    String host,
    long pid,
    int cores,
    Optional<Integer> gpuAddress,
    BooleanSupplier interruption) {

  /** Whether this rank should stop at once. */
  public boolean interrupted() {
    return interruption.getAsBoolean();
  }
}
