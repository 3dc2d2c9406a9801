package io.sparkpeft.chart;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as a person wants to read them. */
public final class Numbers {
  private static final MathContext DIGITS = new MathContext(4);
  private static final int MOST_DECIMALS = 8;

  private Numbers() {}

  /** Four digits at most, without noughts at their end: 0.873, 12.5, 1,234, 3.00e-05. */
  public static String text(double value) {
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    double size = Math.abs(value);
    if (size != 0 && size < 1e-4) {
      return String.format(Locale.ROOT, "%.2e", value);
    }
    if (size >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    BigDecimal rounded = BigDecimal.valueOf(value).round(DIGITS);
    return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
  }

  /** As exact as the error, which has two digits: 0.873 ± 0.021. */
  public static String text(double value, double error) {
    if (!(error > 0)) {
      return text(value) + " ± " + text(error);
    }
    int decimals = (int) Math.max(0, Math.min(MOST_DECIMALS, 1 - Math.floor(Math.log10(error))));
    String format = "%,." + decimals + "f";
    return String.format(Locale.ROOT, format + " ± " + format, value, error);
  }
}
