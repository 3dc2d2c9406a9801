package io.sparkpeft.report;

import java.util.List;
import java.util.stream.Stream;

/**
 * A table of a page.
 *
 * @param heads of its columns; one of numbers ends with {@code >}, to stand over their right ends
 */
record Table(List<String> heads, List<List<Cell>> rows) {
  private static final String RIGHT = ">";

  Table {
    heads = List.copyOf(heads);
    rows = List.copyOf(rows);
  }

  /** Two columns without heads: names and what they stand for. */
  static Html ofFacts(List<Fact> facts) {
    List<Html> rows =
        facts.stream()
            .map(
                fact ->
                    Html.tag(
                        "tr",
                        new Html("<th scope=\"row\">" + Html.text(fact.name()).markup() + "</th>"),
                        Html.tag("td", fact.value())))
            .toList();
    return scrolling(Html.tag("table.facts", Html.tag("tbody", rows)));
  }

  Html html() {
    Html head = Html.tag("tr", heads.stream().map(Table::head).toList());
    List<Html> body =
        rows.stream().map(row -> Html.tag("tr", row.stream().map(Cell::html).toList())).toList();
    return scrolling(Html.tag("table", Html.tag("thead", head), Html.tag("tbody", body)));
  }

  private static Html head(String head) {
    boolean right = head.endsWith(RIGHT);
    String text = right ? head.substring(0, head.length() - 1) : head;
    String kind = right ? " class=\"number\"" : "";
    return new Html("<th scope=\"col\"" + kind + ">" + Html.text(text).markup() + "</th>");
  }

  /** A wide table moves within the page, not the page. */
  private static Html scrolling(Html table) {
    return Html.tag("div.scroll", table);
  }

  static List<Cell> row(Cell... cells) {
    return Stream.of(cells).toList();
  }
}
