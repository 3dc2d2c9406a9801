package io.sparkpeft.spark.table;

/**
 * {@code data.overlong}: what becomes of an example with more than {@code data.max_length} tokens.
 */
public enum OverlongPolicy {
  /** Left out and counted. */
  DROP,
  /** Cut at the end and counted; left out where no target would be left. */
  TRUNCATE,
  /** Ends the job (65). */
  FAIL
}
