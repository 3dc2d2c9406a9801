package io.sparkpeft.chart;

/**
 * How large a picture is drawn, in pixels; it shrinks with its column, text and all.
 *
 * @param height of curves and histograms; bars are as high as there are many
 */
public record Size(double width, double height) {
  /** A page's column. */
  public static final Size WIDE = new Size(680, 320);

  /** A page without notes beside its text. */
  public static final Size PAGE = new Size(1016, 340);

  /** A half of such a page. */
  public static final Size HALF = new Size(490, 260);

  /** A phone. */
  public static final Size SMALL = new Size(340, 220);

  /** About so many ticks have room beside each other. */
  int ticksAcross() {
    return (int) (width / 85);
  }

  /** About so many ticks have room above each other. */
  int ticksUp() {
    return (int) (height / 64);
  }
}
