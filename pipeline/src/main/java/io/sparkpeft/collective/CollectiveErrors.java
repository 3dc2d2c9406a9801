package io.sparkpeft.collective;

import static io.sparkpeft.base.ExitCode.INTERNAL;
import static io.sparkpeft.base.ExitCode.TRY_AGAIN;

import io.sparkpeft.base.SparkPeftException;

/** What can go wrong between ranks. Sums are counted from 1. */
final class CollectiveErrors {
  private CollectiveErrors() {}

  static SparkPeftException peerLost(Transport transport, long sum, Exception cause) {
    return SparkPeftException.of(
        TRY_AGAIN,
        at(transport, sum) + "a neighbour in the ring was lost (" + neighbours(transport) + ").",
        "Its task or its executor ended: " + reason(cause) + ".",
        "Look into the log of that executor; a new attempt resumes from the last checkpoint.",
        cause);
  }

  static SparkPeftException silent(Transport transport, long sum, Exception cause) {
    return SparkPeftException.of(
        TRY_AGAIN,
        at(transport, sum) + "the neighbours kept silent (" + neighbours(transport) + ").",
        "Between them " + reason(cause) + ".",
        "Look whether one executor is stuck or far slower than the others; a new attempt resumes"
            + " from the last checkpoint.",
        cause);
  }

  static SparkPeftException interrupted(Transport transport, long sum, Exception cause) {
    return SparkPeftException.of(
        TRY_AGAIN,
        at(transport, sum) + "the rank was told to stop.",
        "Spark ends all ranks of an attempt when one of them fails or the job is cancelled.",
        "Look for the first failure; a new attempt resumes from the last checkpoint.",
        cause);
  }

  static SparkPeftException closed(Transport transport) {
    return SparkPeftException.of(
        TRY_AGAIN,
        rank(transport) + " all-reduces after its ring was closed.",
        "A rank closes its ring when it ends or fails.",
        "Look for the first failure; a new attempt resumes from the last checkpoint.");
  }

  static SparkPeftException outOfStep(Transport transport, RingHeader own, RingHeader received) {
    return SparkPeftException.of(
        INTERNAL,
        rank(transport) + " and its previous rank all-reduce different things.",
        "Here it is " + own + ", there it is " + received + ".",
        "All ranks must make the same calls in the same order; report this as a bug.");
  }

  private static String at(Transport transport, long sum) {
    return rank(transport) + " stopped in all-reduce " + sum + ": ";
  }

  private static String rank(Transport transport) {
    return "Rank " + transport.rank() + " of " + transport.size();
  }

  private static String neighbours(Transport transport) {
    int size = transport.size();
    int previous = (transport.rank() + size - 1) % size;
    int next = (transport.rank() + 1) % size;
    return previous == next ? "rank " + next : "rank " + previous + " or rank " + next;
  }

  private static String reason(Exception cause) {
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}
