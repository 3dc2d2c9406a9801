package io.sparkpeft.spark.rank;

import java.time.Duration;

/**
 * How ranks are started.
 *
 * @param ranks how many
 * @param maxAttempts how often in all a run is tried; only bad luck (a lost executor) is tried
 *     again
 * @param slotWait how long the driver waits for enough task slots before each attempt
 * @param silence how long a rank waits for its neighbours while nothing moves; a straggler's whole
 *     step must fit in it
 */
public record RankSettings(int ranks, int maxAttempts, Duration slotWait, Duration silence) {

  /**
   * Four attempts, two minutes for slots (a new executor takes about 10 s), ten for a neighbour.
   */
  public static RankSettings of(int ranks) {
    return new RankSettings(ranks, 4, Duration.ofMinutes(2), Duration.ofMinutes(10));
  }

  public RankSettings withMaxAttempts(int attempts) {
    return new RankSettings(ranks, attempts, slotWait, silence);
  }

  public RankSettings withSlotWait(Duration wait) {
    return new RankSettings(ranks, maxAttempts, wait, silence);
  }

  public RankSettings withSilence(Duration limit) {
    return new RankSettings(ranks, maxAttempts, slotWait, limit);
  }
}
