package io.sparkpeft.collective;

/** What the ranks of a run do together. All ranks make the same calls in the same order. */
public interface Collective extends AutoCloseable {
  int rank();

  int size();

  /**
   * Replaces the values by their sums over all ranks: exact, so every rank has the same bits
   * whatever the number and order of ranks.
   *
   * @param values fixed-point numbers (see {@link FixedPoint}); the same length on every rank
   * @throws io.sparkpeft.base.SparkPeftException (75) if a peer is lost, silent for too long, or
   *     the task is interrupted
   */
  void sum(long[] values);

  /** Bytes this rank has sent so far. */
  long bytesSent();

  @Override
  void close();
}
