package io.sparkpeft.train;

import io.sparkpeft.data.DataOrder;
import io.sparkpeft.data.MicroBatches;
import io.sparkpeft.data.MicroBatching;
import io.sparkpeft.data.StepPlan;
import io.sparkpeft.data.TokenBatch;
import io.sparkpeft.data.TokenFile;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The work of one optimizer step over all ranks, known before any of it is computed and the same
 * whatever their number.
 *
 * @param microBatches of about as many tokens, the last to be computed a short one
 * @param tokens of all examples
 * @param targetTokens N, which the loss of the whole step is divided by
 */
record GlobalStep(List<MicroBatch> microBatches, long tokens, long targetTokens) {

  /**
   * @param samples indexes into the token file [B]
   * @param positions their places in the order over all epochs [B]
   */
  record MicroBatch(int[] samples, long[] positions) {
    TokenBatch tokens(TokenFile file) {
      return MicroBatches.batch(file, samples, positions);
    }
  }

  /**
   * @param step counted from 0
   */
  static GlobalStep of(
      TokenFile file, DataOrder order, StepPlan plan, long step, MicroBatching batching) {
    return of(file, order::sample, plan.positions(step), batching);
  }

  /** All examples of a file once. */
  static GlobalStep ofAll(TokenFile file, MicroBatching batching) {
    long[] positions = IntStream.range(0, file.size()).asLongStream().toArray();
    return of(file, position -> (int) position, positions, batching);
  }

  private static GlobalStep of(
      TokenFile file, SampleOrder order, long[] positions, MicroBatching batching) {
    int[] samples = Arrays.stream(positions).mapToInt(order::sample).toArray();
    int[] lengths = Arrays.stream(samples).map(file::tokenCount).toArray();
    List<MicroBatch> microBatches =
        batching.split(lengths).stream().map(own -> microBatch(own, samples, positions)).toList();
    return new GlobalStep(
        microBatches,
        Arrays.stream(lengths).asLongStream().sum(),
        Arrays.stream(samples).mapToLong(file::targetCount).sum());
  }

  /** Those of one rank: every {@code ranks}-th, so that counts differ by one at most. */
  List<MicroBatch> ofRank(int rank, int ranks) {
    return IntStream.range(0, microBatches.size())
        .filter(i -> i % ranks == rank)
        .mapToObj(microBatches::get)
        .toList();
  }

  private static MicroBatch microBatch(int[] places, int[] samples, long[] positions) {
    return new MicroBatch(
        Arrays.stream(places).map(place -> samples[place]).toArray(),
        Arrays.stream(places).mapToLong(place -> positions[place]).toArray());
  }

  private interface SampleOrder {
    int sample(long position);
  }
}
