package io.sparkpeft.spark.storage;

import java.util.Locale;

/** How much went how fast, in words. */
final class Transfer {
  private static final double MEGABYTE = 1e6;
  private static final double NANOSECONDS = 1e9;

  private Transfer() {}

  static String size(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / MEGABYTE);
  }

  static String text(String verb, String location, long bytes, long startNanos) {
    double seconds = (System.nanoTime() - startNanos) / NANOSECONDS;
    return String.format(
        Locale.ROOT,
        "%s %s: %s in %.1f s, %.0f MB/s.",
        verb,
        location,
        size(bytes),
        seconds,
        bytes / MEGABYTE / seconds);
  }
}
