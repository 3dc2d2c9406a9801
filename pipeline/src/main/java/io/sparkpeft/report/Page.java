package io.sparkpeft.report;

import io.sparkpeft.chart.Markup;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** The page of a run. */
final class Page {
  private static final String STYLE = "report.css";

  /** Nothing is loaded and nothing is run, whatever the texts on the page say. */
  private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'";

  private Page() {}

  static String of(RunReport report) {
    Settings settings = Settings.of(report.run());
    Headline headline = new Headline(report, settings);
    List<Section> sections = sections(report, settings);
    List<Html> links = sections.stream().map(s -> Html.link(s.id(), s.title())).toList();
    Html body =
        Html.tag(
            "main",
            headline.html(),
            Html.tag("nav", links),
            Html.all(sections.stream().map(Section::html).toList()),
            Html.tag("footer", "Made by spark-peft from the tables in " + report.tables() + "."));
    return """
        <!DOCTYPE html>
        <html xmlns="http://www.w3.org/1999/xhtml" lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta http-equiv="Content-Security-Policy" content="%s"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <title>%s</title>
        <style>
        %s</style>
        </head>
        <body>
        %s
        </body>
        </html>
        """
        .formatted(Markup.escape(POLICY), Markup.escape(headline.title()), style(), body.markup());
  }

  private static List<Section> sections(RunReport report, Settings settings) {
    ScoresPart scores = new ScoresPart(report.scores(), report.gate());
    OriginPart origin = new OriginPart(report);
    return Stream.of(
            scores.section(),
            scores.gateSection(),
            new TrainingPart(report.steps()).section(),
            new AnswersPart(report.answers(), report.results()).section(),
            new MergePart(report.results()).section(),
            new DataPart(report.data()).section(),
            new PlanPart(report.run()).section(),
            new Section("settings", "Settings", settings.html()),
            origin.attempts(),
            origin.provenance())
        .filter(section -> !section.body().isNothing())
        .toList();
  }

  private static String style() {
    try (InputStream in = Page.class.getResourceAsStream(STYLE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(STYLE, e);
    }
  }
}
