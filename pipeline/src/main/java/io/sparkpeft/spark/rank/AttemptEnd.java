package io.sparkpeft.spark.rank;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.spark.rank.RankOutcome.Failure;
import io.sparkpeft.spark.rank.RankOutcome.Success;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** How an attempt ended. */
sealed interface AttemptEnd<R> {

  record Done<R>(List<Success<R>> ranks) implements AttemptEnd<R> {}

  /** Bad luck: worth another attempt. */
  record Unlucky<R>(String reason, Throwable cause) implements AttemptEnd<R> {}

  /** Another attempt would end in the same way. */
  record Final<R>(SparkPeftException failure) implements AttemptEnd<R> {}

  /**
   * Of several failures the one that counts is the earliest that is no mere consequence: ranks
   * whose neighbour failed fail too, with the exit code for bad luck.
   */
  static <R> AttemptEnd<R> of(List<RankOutcome<R>> outcomes, int attempt) {
    List<Success<R>> successes = new ArrayList<>();
    List<Failure<R>> failures = new ArrayList<>();
    for (RankOutcome<R> outcome : outcomes) {
      if (outcome instanceof Success<R> success) {
        successes.add(success);
      } else if (outcome instanceof Failure<R> failure) {
        failures.add(failure);
      }
    }
    if (failures.isEmpty()) {
      return new Done<>(successes);
    }
    Failure<R> first =
        failures.stream()
            .min(
                Comparator.<Failure<R>>comparingInt(f -> f.code() == ExitCode.TRY_AGAIN ? 1 : 0)
                    .thenComparingLong(Failure::sinceEpochMillis))
            .orElseThrow();
    SparkPeftException thrown = RankErrors.rankFailed(first, attempt);
    return first.code() == ExitCode.TRY_AGAIN
        ? new Unlucky<>(thrown.getMessage(), thrown)
        : new Final<>(thrown);
  }

  /**
   * What Spark threw instead of outcomes. Ranks return their failures, so it was an executor that
   * died, or something before or around the rank: only the former is bad luck. Spark tells them
   * apart by nothing but text.
   */
  static <R> AttemptEnd<R> of(Throwable thrown, int attempt) {
    String text = String.valueOf(thrown.getMessage());
    if (text.contains("cancelled") || text.contains("SparkContext was shut down")) {
      return new Final<>(RankErrors.cancelled(attempt, thrown));
    }
    boolean unlucky =
        text.contains("ExecutorLostFailure")
            || text.contains("TaskKilled")
            || text.contains("Resubmitted")
            || text.contains("lost");
    return unlucky
        ? new Unlucky<>(firstLines(thrown) + ".", thrown)
        : new Final<>(RankErrors.stageFailed(attempt, thrown));
  }

  /** The start of what Spark says: the rest is stack traces. */
  static String firstLines(Throwable thrown) {
    String text = thrown.getMessage() == null ? thrown.toString() : thrown.getMessage();
    return text.lines()
        .filter(line -> !line.isBlank() && !line.startsWith("\tat "))
        .limit(3)
        .collect(Collectors.joining(" "));
  }
}
