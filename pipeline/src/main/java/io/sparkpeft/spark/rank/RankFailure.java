package io.sparkpeft.spark.rank;

/** The cause of what the driver throws: a rank's own stack trace, as text. */
public final class RankFailure extends RuntimeException {
  RankFailure(String trace) {
    super(trace, null, false, false);
  }
}
