package io.sparkpeft.eval;

import java.nio.file.Path;
import java.util.List;

/**
 * BLiMP (Warstadt et al. 2020): of two sentences that differ in one point of grammar, the right one
 * should be the more likely. The context is empty; since 2024 lm-eval scores the sentence with a
 * blank before it. One task per paradigm, named after its file.
 */
record Blimp() implements TaskPerFile {
  private static final String SUFFIX = ".jsonl";

  @Override
  public String group() {
    return "blimp";
  }

  @Override
  public String file(String name) {
    return subject(name) + SUFFIX;
  }

  @Override
  public String split() {
    return "train";
  }

  @Override
  public List<Document> documents(String name, Path file, int shots) {
    if (shots > 0) {
      throw EvalErrors.shotsNotDefined(name, shots);
    }
    return Numbered.map(JsonLines.read(file), Blimp::document);
  }

  private static Document document(int id, JsonLines.Line line) {
    Choice good = Choice.delimited(line.text("sentence_good"), true);
    Choice bad = Choice.delimited(line.text("sentence_bad"), false);
    return new Document(id, "", List.of(good, bad));
  }
}
