package io.sparkpeft.train;

import java.util.Arrays;
import java.util.Random;

/**
 * Which examples are trained on and which are held back to watch the loss.
 *
 * @param training example indexes, ascending
 * @param validation example indexes, ascending
 */
public record DataSplit(int[] training, int[] validation) {

  /** All examples are trained on. */
  public static DataSplit allOf(int size) {
    return of(size, 0, 0);
  }

  /**
   * Holds back the nearest whole number to {@code fraction * size} of examples: a pure function of
   * its arguments.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if nothing would be left to train on, (78) if
   *     the fraction is not in [0, 1)
   */
  public static DataSplit of(int size, double fraction, long seed) {
    TrainErrors.require(
        "data.validation_fraction", fraction, fraction >= 0 && fraction < 1, "in [0, 1)");
    int held = (int) Math.round(fraction * size);
    if (held >= size) {
      throw TrainErrors.nothingToTrainOn(size, held);
    }
    int[] order = shuffled(size, seed);
    int[] validation = Arrays.copyOf(order, held);
    int[] training = Arrays.copyOfRange(order, held, size);
    Arrays.sort(validation);
    Arrays.sort(training);
    return new DataSplit(training, validation);
  }

  /** Fisher and Yates's shuffle; Java specifies Random's numbers for every platform. */
  private static int[] shuffled(int size, long seed) {
    int[] order = new int[size];
    Arrays.setAll(order, i -> i);
    Random random = new Random(seed);
    for (int i = size - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }
}
