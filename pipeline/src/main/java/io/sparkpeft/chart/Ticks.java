package io.sparkpeft.chart;

import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * The numbers written along an axis: the multiples {@code first..last} of a step that is 1, 2 or 5
 * times a power of ten. They cover what they were made for.
 */
record Ticks(long first, long last, double step) {
  private static final double ROUNDING = 1e-9;

  /**
   * @param about how many intervals there should be, more or less
   */
  static Ticks covering(double low, double high, int about) {
    return covering(low, high, about, 0);
  }

  /** The same for counts: whole numbers only. */
  static Ticks counting(double high, int about) {
    return covering(0, Math.max(high, 1), about, 1);
  }

  private static Ticks covering(double low, double high, int about, double leastStep) {
    if (high - low <= Math.abs(low) * ROUNDING) {
      double room = low == 0 ? 1 : Math.abs(low) / 2;
      return covering(low - room, high + room, about, leastStep);
    }
    double step = Math.max(niceStep((high - low) / about), leastStep);
    return new Ticks(
        (long) Math.floor(low / step + ROUNDING), (long) Math.ceil(high / step - ROUNDING), step);
  }

  private static double niceStep(double wanted) {
    double power = Math.pow(10, Math.floor(Math.log10(wanted)));
    double digit = wanted / power;
    double nice = digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10;
    return nice * power;
  }

  double low() {
    return first * step;
  }

  double high() {
    return last * step;
  }

  List<Double> values() {
    return LongStream.rangeClosed(first, last).mapToObj(multiple -> multiple * step).toList();
  }

  /** With as many digits as tell the ticks apart. */
  String label(double value) {
    if (step < 1e-4) {
      return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
    }
    int decimals = (int) Math.max(0, Math.ceil(-Math.log10(step) - ROUNDING));
    return String.format(Locale.ROOT, "%,." + decimals + "f", value == 0 ? 0.0 : value);
  }
}
