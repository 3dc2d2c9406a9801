package io.sparkpeft.notebook;

import io.sparkpeft.api.LabelledText;
import io.sparkpeft.api.LabelledText.Token;
import java.util.stream.Collectors;

/** An example token by token; what is to be predicted stands out, what is masked is pale. */
final class LabelledTextView {
  private static final String TARGET =
      "background:rgba(28,154,85,.3);border-bottom:2px solid #1c9a55;font-weight:600";
  private static final String MASKED = "opacity:.6;border-bottom:1px dotted rgba(127,127,127,.7)";

  private LabelledTextView() {}

  static Rendered render(LabelledText example) {
    String spans =
        example.tokens().stream().map(LabelledTextView::span).collect(Collectors.joining());
    String caption =
        "example %d: %d tokens, %d of them to be predicted (marked), the others masked"
            .formatted(example.sample(), example.tokens().size(), example.targetCount());
    return new Rendered(
        """
        <div style="font-family:ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;\
        line-height:1.9">%s</div>%s"""
            .formatted(spans, Html.caption(caption)),
        text(example) + "\n" + caption);
  }

  private static String span(Token token) {
    return "<span title=\"token %d\" style=\"%s;margin-right:1px\">%s</span>%s"
        .formatted(
            token.id(),
            token.target() ? TARGET : MASKED,
            Html.escape(token.text().replace("\n", "↵")),
            "\n".repeat((int) token.text().chars().filter(c -> c == '\n').count()));
  }

  /** What is to be predicted stands in brackets. */
  private static String text(LabelledText example) {
    return example.tokens().stream()
        .map(token -> token.target() ? "[" + token.text() + "]" : token.text())
        .collect(Collectors.joining());
  }
}
