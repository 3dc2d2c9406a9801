package io.sparkpeft.notebook;

import io.sparkpeft.chart.Markup;
import io.sparkpeft.report.Fact;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Pieces of HTML that stand in a cell's output. Every style is in its element, as outputs travel
 * without a style sheet, and lets the page's own colours through, light or dark.
 */
final class Html {
  private static final String LINE = "1px solid rgba(127,127,127,.35)";
  private static final String CELL = "padding:3px 10px;vertical-align:top;white-space:pre-wrap;";

  private Html() {}

  /** A text, its alignment and whether it is of less weight. */
  record Cell(String text, boolean right, boolean pale) {
    static Cell of(String text) {
      return new Cell(text, false, false);
    }

    static Cell number(String text) {
      return new Cell(text, true, false);
    }

    static Cell pale(String text) {
      return new Cell(text, false, true);
    }
  }

  static String escape(String plain) {
    return Markup.escape(plain);
  }

  /**
   * @param heads already HTML
   */
  static String table(List<String> heads, List<List<Cell>> rows) {
    String head =
        heads.stream()
            .map(
                h ->
                    "<th style=\"%stext-align:left;border-bottom:%s\">%s</th>"
                        .formatted(CELL, LINE, h))
            .collect(Collectors.joining());
    String body =
        IntStream.range(0, rows.size())
            .mapToObj(i -> row(rows.get(i), i % 2 == 1))
            .collect(Collectors.joining("\n"));
    return """
        <div style="overflow-x:auto"><table style="border-collapse:collapse;\
        font-variant-numeric:tabular-nums"><thead><tr>%s</tr></thead><tbody>
        %s
        </tbody></table></div>"""
        .formatted(head, body);
  }

  private static String row(List<Cell> cells, boolean shaded) {
    return cells.stream()
        .map(Html::cell)
        .collect(
            Collectors.joining(
                "", shaded ? "<tr style=\"background:rgba(127,127,127,.08)\">" : "<tr>", "</tr>"));
  }

  private static String cell(Cell cell) {
    return "<td style=\"%stext-align:%s;%s\">%s</td>"
        .formatted(
            CELL,
            cell.right() ? "right" : "left",
            cell.pale() ? "opacity:.6" : "",
            escape(cell.text()));
  }

  static String caption(String text) {
    return "<div style=\"font-size:85%%;opacity:.75;margin-top:4px\">%s</div>"
        .formatted(escape(text));
  }

  /**
   * A card: a heading, what it comes to, and the facts.
   *
   * @param body already HTML
   */
  static String card(String heading, String summary, String body) {
    return """
        <div style="border:%s;border-radius:8px;padding:12px 18px;max-width:760px">
        <div style="font-weight:600;font-size:110%%">%s</div>
        <div style="margin:4px 0 8px">%s</div>
        %s
        </div>"""
        .formatted(LINE, escape(heading), escape(summary), body);
  }

  static String facts(List<Fact> facts) {
    return facts.stream()
        .map(
            fact ->
                "<tr><td style=\"%stext-align:left;opacity:.75\">%s</td><td style=\"%stext-align:left\">%s</td></tr>"
                    .formatted(CELL, escape(fact.name()), CELL, escape(fact.value())))
        .collect(
            Collectors.joining(
                "\n",
                "<table style=\"border-collapse:collapse;font-variant-numeric:tabular-nums\">",
                "</table>"));
  }
}
