package io.sparkpeft.chart;

/**
 * From values to pixels.
 *
 * @param start the pixel of {@code low}
 * @param end the pixel of {@code high}
 */
record Scale(double low, double high, double start, double end) {

  double pixel(double value) {
    return start + (value - low) / (high - low) * (end - start);
  }
}
