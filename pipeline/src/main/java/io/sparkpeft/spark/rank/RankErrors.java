package io.sparkpeft.spark.rank;

import static io.sparkpeft.base.ExitCode.CONFIGURATION;
import static io.sparkpeft.base.ExitCode.INTERNAL;
import static io.sparkpeft.base.ExitCode.NO_SLOTS;
import static io.sparkpeft.base.ExitCode.TRY_AGAIN;

import io.sparkpeft.base.SparkPeftException;
import java.io.IOException;
import java.time.Duration;
import org.apache.spark.BarrierTaskContext;

/** What can go wrong in running ranks. */
final class RankErrors {
  private static final String RESUME = "Start the job again: it resumes from its last checkpoint.";

  private RankErrors() {}

  static SparkPeftException dynamicAllocation(int ranks) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot run " + ranks + " ranks with spark.dynamicAllocation.enabled=true.",
        "Ranks run as a barrier stage, which Spark does not start under dynamic allocation"
            + " (SPARK-24954).",
        "Set --conf spark.dynamicAllocation.enabled=false --conf spark.executor.instances="
            + ranks
            + ".");
  }

  static SparkPeftException saslEncryption() {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot run ranks with spark.authenticate.enableSaslEncryption=true alone.",
        "SASL encryption carries about 8 MB/s, too slow for gradients.",
        "Set --conf spark.network.crypto.enabled=true instead: AES, a hundred times faster.");
  }

  static SparkPeftException noSlots(
      int ranks, int slots, SlotCount.Cluster cluster, Duration wait) {
    return SparkPeftException.of(
        NO_SLOTS,
        ranks
            + " ranks need "
            + ranks
            + " task slots at the same time, but there are "
            + slots
            + ".",
        "After "
            + wait.toSeconds()
            + " s the cluster offers "
            + cluster.executors()
            + " executors for tasks of "
            + cluster.cpusPerTask()
            + " cores each (spark.task.cpus).",
        "Set train.ranks to " + Math.max(1, slots) + " or fewer, or give the job more executors.");
  }

  static SparkPeftException cannotConnect(BarrierTaskContext context, IOException cause) {
    int rank = context.partitionId();
    int next = (rank + 1) % context.numPartitions();
    return SparkPeftException.of(
        TRY_AGAIN,
        "Rank " + rank + " cannot connect to rank " + next + ".",
        cause.getMessage() + ".",
        "Look whether executors reach each other's ports, and whether that rank failed before.",
        cause);
  }

  /** The text for a failure that no room foresaw. */
  static String unforeseen(Throwable thrown) {
    if (thrown instanceof OutOfMemoryError) {
      return thrown
          + ". Raise spark.executor.memory, or spark.executor.memoryOverhead for tensors.";
    }
    return thrown.toString();
  }

  /** A rank's own failure, with its own exit code. */
  static SparkPeftException rankFailed(RankOutcome.Failure<?> failure, int attempt) {
    return SparkPeftException.of(
        failure.code(),
        upper(failure.place().toString()) + " failed in attempt " + attempt + ".",
        failure.message(),
        "The other ranks were stopped.",
        new RankFailure(failure.trace()));
  }

  static SparkPeftException stageFailed(int attempt, Throwable cause) {
    return SparkPeftException.of(
        INTERNAL,
        "Spark could not run the ranks of attempt " + attempt + ".",
        AttemptEnd.firstLines(cause) + ".",
        "If a class is missing, every executor needs the jar (--jars, or the shaded jobs jar).",
        cause);
  }

  static SparkPeftException cancelled(int attempt, Throwable cause) {
    return SparkPeftException.of(
        TRY_AGAIN,
        "Attempt " + attempt + " was cancelled.",
        AttemptEnd.firstLines(cause) + ".",
        RESUME,
        cause);
  }

  static SparkPeftException attemptsUsedUp(int attempts, String lastReason, Throwable cause) {
    return SparkPeftException.of(
        TRY_AGAIN,
        "The run ended after " + attempts + " attempts.",
        "The last one: " + lastReason,
        "If executors die by exit code 137, raise spark.executor.memoryOverhead. " + RESUME,
        cause);
  }

  private static String upper(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
