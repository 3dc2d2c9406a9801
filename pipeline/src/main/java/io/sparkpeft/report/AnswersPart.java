package io.sparkpeft.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.spark.eval.SampleAnswer;
import io.sparkpeft.spark.eval.SampleAnswer.Given;
import java.util.ArrayList;
import java.util.List;

/** Some questions with their answers, and what the model wrote to prompts. */
record AnswersPart(List<SampleAnswer> answers, List<ObjectNode> results) {
  private static final int MOST_CHARACTERS = 600;
  private static final int MOST_PROMPTS = 12;

  Section section() {
    List<Html> parts = new ArrayList<>();
    if (!answers.isEmpty()) {
      parts.add(scored());
    }
    results.stream()
        .filter(result -> result.path("answers").size() > 0)
        .map(AnswersPart::written)
        .forEach(parts::add);
    return new Section("answers", "Answers", Html.all(parts));
  }

  /** The first of each task, so that nobody has chosen them. */
  private Html scored() {
    List<String> heads = List.of("task", "question", "right answer", "base", "with adapter");
    String note =
        "The first questions of each task. The share is the probability that the model gives to"
            + " the right answer; ✓ where it is the model's own.";
    return Html.all(
        new Table(heads, answers.stream().map(AnswersPart::row).toList()).html(),
        Html.tag("p.note", note));
  }

  private static List<Cell> row(SampleAnswer answer) {
    return Table.row(
        Cell.of(answer.task()),
        Cell.verbatim(Words.shortened(answer.question(), MOST_CHARACTERS).strip()),
        Cell.verbatim(answer.answer().strip()),
        answer.base().map(AnswersPart::given).orElse(Cell.of("")),
        given(answer.adapted()));
  }

  private static Cell given(Given given) {
    String mark = given.right() ? "✓ " : "✗ ";
    String said = given.said().map(text -> " “" + text.strip() + "”").orElse("");
    String share = Words.decimals(1, 100 * given.probability()) + " %";
    return Cell.of(Html.tag(given.right() ? "span.good" : "span.bad", mark + share + said));
  }

  private static Html written(ObjectNode result) {
    List<List<Cell>> rows = new ArrayList<>();
    for (JsonNode answer : result.path("answers")) {
      if (rows.size() < MOST_PROMPTS) {
        rows.add(
            Table.row(
                Cell.verbatim(Words.shortened(answer.path("prompt").asText(), MOST_CHARACTERS)),
                Cell.verbatim(Words.shortened(answer.path("answer").asText(), MOST_CHARACTERS))));
      }
    }
    String note =
        "Run %s of generate: %d of %d answers."
            .formatted(result.path("run_id").asText(), rows.size(), result.path("answers").size());
    return Html.all(new Table(List.of("prompt", "answer"), rows).html(), Html.tag("p.note", note));
  }
}
