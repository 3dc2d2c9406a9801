package io.sparkpeft.eval;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * GPT-3's arithmetic (Brown et al. 2020): "Question: What is 98 plus 45?\nAnswer:" with the
 * completion " 143" counts if greedy decoding gives it.
 */
record Arithmetic() implements TaskFamily {
  private static final Map<String, String> FILES =
      new TreeMap<>(
          Map.of(
              "arithmetic_1dc", "single_digit_three_ops.jsonl",
              "arithmetic_2da", "two_digit_addition.jsonl",
              "arithmetic_2dm", "two_digit_multiplication.jsonl",
              "arithmetic_2ds", "two_digit_subtraction.jsonl",
              "arithmetic_3da", "three_digit_addition.jsonl",
              "arithmetic_3ds", "three_digit_subtraction.jsonl",
              "arithmetic_4da", "four_digit_addition.jsonl",
              "arithmetic_4ds", "four_digit_subtraction.jsonl",
              "arithmetic_5da", "five_digit_addition.jsonl",
              "arithmetic_5ds", "five_digit_subtraction.jsonl"));

  @Override
  public String group() {
    return "arithmetic";
  }

  @Override
  public List<String> names() {
    return List.copyOf(FILES.keySet());
  }

  @Override
  public boolean claims(String name) {
    return FILES.containsKey(name);
  }

  @Override
  public String file(String name) {
    return FILES.get(name);
  }

  @Override
  public boolean aggregates() {
    return true;
  }

  @Override
  public String version(String name) {
    return "2.0";
  }

  @Override
  public String split() {
    return "validation";
  }

  @Override
  public List<Metric> metrics(String name) {
    return List.of(Metric.GREEDY);
  }

  @Override
  public List<Document> documents(String name, Path file, int shots) {
    if (shots > 0) {
      throw EvalErrors.shotsNotDefined(name, shots);
    }
    return Numbered.map(JsonLines.read(file), Arithmetic::document);
  }

  private static Document document(int id, JsonLines.Line line) {
    String completion = line.text("completion");
    Choice choice = new Choice(completion, completion, true);
    return new Document(id, question(line.text("context")), List.of(choice));
  }

  /** "\n\nQ: What is 98 plus 45?\n\nA:" becomes "Question: What is 98 plus 45?\nAnswer:". */
  static String question(String context) {
    return PythonText.strip(context)
        .replace("\n\n", "\n")
        .replace("Q:", "Question:")
        .replace("A:", "Answer:");
  }
}
