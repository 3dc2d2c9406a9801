package io.sparkpeft.chart;

/**
 * What an axis measures.
 *
 * @param name such as "loss"
 * @param unit such as "nats per token"; empty for a bare number
 */
public record Axis(String name, String unit) {

  /** An axis of bare numbers. */
  public static Axis of(String name) {
    return new Axis(name, "");
  }

  String label() {
    return unit.isEmpty() ? name : name + " (" + unit + ")";
  }
}
