package io.sparkpeft.report;

import io.sparkpeft.chart.Numbers;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Values as a person reads them. */
final class Words {
  private static final double MEBIBYTE = 1 << 20;
  private static final double GIBIBYTE = 1 << 30;
  private static final DateTimeFormatter UTC =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

  private Words() {}

  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** "1 step", "3 steps". */
  static String count(long value, String thing) {
    return count(value) + " " + thing + (value == 1 ? "" : "s");
  }

  static String bytes(double value) {
    return value >= GIBIBYTE
        ? String.format(Locale.ROOT, "%.2f GiB", value / GIBIBYTE)
        : String.format(Locale.ROOT, value < MEBIBYTE ? "%.3f MiB" : "%,.1f MiB", value / MEBIBYTE);
  }

  static String share(double part, double whole) {
    return Numbers.text(Math.round(1e4 * part / Math.max(whole, 1)) / 1e2) + " %";
  }

  static String decimals(int digits, double value) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  static String scientific(double value) {
    return String.format(Locale.ROOT, "%.2e", value);
  }

  static String time(Instant at) {
    return UTC.format(at);
  }

  /** With a sign, and as exact as its error: +0.850 ± 0.024. */
  static String difference(double value, double error) {
    String text = error > 0 ? Numbers.text(value, error) : Numbers.text(value);
    return value >= 0 ? "+" + text : text.replaceFirst("^-", "−");
  }

  /** The last part of a path or address. */
  static String lastName(String location) {
    String trimmed = location.replaceAll("/+$", "");
    return trimmed.substring(trimmed.lastIndexOf('/') + 1);
  }

  /** With three points in the place of what is too much. */
  static String shortened(String text, int most) {
    return text.length() <= most ? text : "…" + text.substring(text.length() - most);
  }
}
