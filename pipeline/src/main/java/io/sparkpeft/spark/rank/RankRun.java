package io.sparkpeft.spark.rank;

import java.util.List;

/**
 * A run that reached its end.
 *
 * @param results of the last attempt, in rank order
 * @param ranks where they ran, in rank order
 * @param attempts how many it took, this one included
 */
public record RankRun<R>(List<R> results, List<RankPlace> ranks, int attempts) {}
