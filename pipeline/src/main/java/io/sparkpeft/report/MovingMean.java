package io.sparkpeft.report;

/** An exponential mean in which the first values count in full. */
public final class MovingMean {
  private static final double NEWEST = 0.2;

  private double sum;
  private double weight;

  /** The mean with one more value. */
  public double add(double value) {
    sum = NEWEST * value + (1 - NEWEST) * sum;
    weight = NEWEST + (1 - NEWEST) * weight;
    return value();
  }

  public double value() {
    return sum / weight;
  }
}
