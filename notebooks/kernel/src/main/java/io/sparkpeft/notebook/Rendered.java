package io.sparkpeft.notebook;

import io.sparkpeft.report.Fact;
import java.util.List;
import java.util.stream.Collectors;
import org.rapaio.jupyter.kernel.display.DisplayData;

/**
 * How something looks in a cell: as HTML, and as plain text for where no HTML is shown.
 *
 * @param html a fragment
 */
record Rendered(String html, String text) {

  static Rendered card(String heading, String summary, List<Fact> facts) {
    String lines =
        facts.stream()
            .map(fact -> "  %-28s %s".formatted(fact.name(), fact.value()))
            .collect(Collectors.joining("\n"));
    return new Rendered(
        Html.card(heading, summary, Html.facts(facts)), heading + "\n" + summary + "\n" + lines);
  }

  /** One below the other. */
  static Rendered stacked(List<Rendered> parts) {
    return new Rendered(
        parts.stream()
            .map(part -> "<div style=\"margin:6px 0\">" + part.html() + "</div>")
            .collect(Collectors.joining("\n")),
        parts.stream().map(Rendered::text).collect(Collectors.joining("\n\n")));
  }

  DisplayData data() {
    DisplayData data = DisplayData.fromText(text);
    data.putHTML(html);
    return data;
  }
}
