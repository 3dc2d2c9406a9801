package io.sparkpeft.chart;

import java.util.Locale;

/** Writes an SVG picture element by element; all text is escaped. */
final class Svg {
  private static final String FONT =
      "font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif\"";

  /** Mean width of a character of the smaller text, with some room: no font can be asked. */
  private static final double CHARACTER = 7;

  private final StringBuilder text = new StringBuilder();

  /** Where a text's position is: at its start, middle or end. */
  enum Anchor {
    START,
    MIDDLE,
    END
  }

  /**
   * @param title what a screen reader reads first
   */
  Svg(double width, double height, String title, String description) {
    text.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" \
        role="img" fill="currentColor" font-size="12" %s style="max-width:100%%;height:auto">
        """
            .formatted(number(width), number(height), number(width), number(height), FONT));
    text.append("<title>%s</title>\n".formatted(Markup.escape(title)));
    text.append("<desc>%s</desc>\n".formatted(Markup.escape(description)));
  }

  /** Reckoned, as no font can be asked. */
  static double width(String label) {
    return CHARACTER * label.length();
  }

  void heading(double x, double y, String label) {
    text.append(
        "<text x=\"%s\" y=\"%s\" font-size=\"14\" font-weight=\"600\">%s</text>\n"
            .formatted(number(x), number(y), Markup.escape(label)));
  }

  void label(double x, double y, Anchor anchor, String label) {
    text.append(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>\n"
            .formatted(number(x), number(y), name(anchor), Markup.escape(label)));
  }

  /** Of less weight than a label. */
  void note(double x, double y, Anchor anchor, String note) {
    text.append(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" opacity=\".75\">%s</text>\n"
            .formatted(number(x), number(y), name(anchor), Markup.escape(note)));
  }

  /** Read from below, along the left edge. */
  void uprightNote(double x, double y, String note) {
    text.append(
        "<text transform=\"translate(%s %s) rotate(-90)\" text-anchor=\"middle\" opacity=\".75\">%s</text>\n"
            .formatted(number(x), number(y), Markup.escape(note)));
  }

  void gridLine(double x1, double y1, double x2, double y2) {
    line(x1, y1, x2, y2, "stroke=\"currentColor\" stroke-opacity=\".15\"");
  }

  void axisLine(double x1, double y1, double x2, double y2) {
    line(x1, y1, x2, y2, "stroke=\"currentColor\" stroke-opacity=\".6\"");
  }

  void dashedLine(double x1, double y1, double x2, double y2, String colour) {
    line(x1, y1, x2, y2, "stroke=\"" + colour + "\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\"");
  }

  void whisker(double x1, double y1, double x2, double y2) {
    line(x1, y1, x2, y2, "stroke=\"currentColor\" stroke-width=\"1.5\"");
  }

  void swatch(double x1, double y, double x2, String colour, double opacity) {
    line(
        x1,
        y,
        x2,
        y,
        "stroke=\"%s\" stroke-width=\"3\" stroke-opacity=\"%s\"".formatted(colour, opacity));
  }

  private void line(double x1, double y1, double x2, double y2, String stroke) {
    text.append(
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" %s/>\n"
            .formatted(number(x1), number(y1), number(x2), number(y2), stroke));
  }

  void bar(double x, double y, double width, double height, String colour, String tooltip) {
    text.append(
        "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\"><title>%s</title></rect>\n"
            .formatted(
                number(x),
                number(y),
                number(width),
                number(height),
                colour,
                Markup.escape(tooltip)));
  }

  /**
   * @param path in SVG's path language
   */
  void curve(CharSequence path, String colour, double width, double opacity) {
    text.append(
        "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" stroke-opacity=\"%s\" stroke-linejoin=\"round\"/>\n"
            .formatted(path, colour, number(width), opacity));
  }

  void dot(double x, double y, String colour, String tooltip) {
    text.append(
        "<circle cx=\"%s\" cy=\"%s\" r=\"3.5\" fill=\"%s\"><title>%s</title></circle>\n"
            .formatted(number(x), number(y), colour, Markup.escape(tooltip)));
  }

  String end() {
    return text + "</svg>";
  }

  /** A tenth of a pixel is enough. */
  static String number(double pixels) {
    String text = String.format(Locale.ROOT, "%.1f", pixels);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  private static String name(Anchor anchor) {
    return anchor.name().toLowerCase(Locale.ROOT);
  }
}
