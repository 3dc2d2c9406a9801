package io.sparkpeft.spark.rank;

import java.io.Serializable;

/**
 * Where a rank ran.
 *
 * @param bytesSent by this rank to the next one, in the attempt
 */
public record RankPlace(int rank, String host, long pid, long bytesSent) implements Serializable {

  @Override
  public String toString() {
    return "rank " + rank + " on " + host + " (pid " + pid + ")";
  }
}
