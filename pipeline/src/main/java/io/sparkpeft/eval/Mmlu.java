package io.sparkpeft.eval;

import java.nio.file.Path;
import java.util.List;

/**
 * MMLU (Hendrycks et al. 2021): four answers, of which the letter is scored. One task per subject,
 * in the authors' CSV files: test/&lt;subject&gt;_test.csv, and dev/&lt;subject&gt;_dev.csv for
 * solved examples, of which the first are taken.
 */
record Mmlu() implements TaskPerFile {
  private static final List<String> LETTERS = List.of("A", "B", "C", "D");

  /** Question, four answers, the right one's letter. */
  private static final int FIELDS = 6;

  @Override
  public String group() {
    return "mmlu";
  }

  @Override
  public String file(String name) {
    return "test/" + subject(name) + "_test.csv";
  }

  @Override
  public String split() {
    return "test";
  }

  @Override
  public List<Document> documents(String name, Path file, int shots) {
    String opening = description(name) + examples(name, file, shots);
    return Numbered.map(CsvFile.read(file, FIELDS), (id, row) -> document(id, row, opening));
  }

  private String description(String name) {
    return "The following are multiple choice questions (with answers) about "
        + subject(name).replace('_', ' ')
        + ".\n\n";
  }

  private String examples(String name, Path testFile, int shots) {
    if (shots == 0) {
      return "";
    }
    Path dev = devFile(name, testFile);
    List<CsvFile.Row> rows = CsvFile.read(dev, FIELDS);
    if (rows.size() < shots) {
      throw EvalErrors.tooFewShots(dev, shots, rows.size());
    }
    StringBuilder examples = new StringBuilder();
    for (CsvFile.Row row : rows.subList(0, shots)) {
      examples.append(question(row)).append(' ').append(LETTERS.get(gold(row))).append("\n\n");
    }
    return examples.toString();
  }

  /** Beside the folder of the test files. */
  private Path devFile(String name, Path testFile) {
    return testFile.toAbsolutePath().resolve("../../dev/" + subject(name) + "_dev.csv").normalize();
  }

  private static Document document(int id, CsvFile.Row row, String opening) {
    int gold = gold(row);
    List<Choice> choices =
        LETTERS.stream()
            .map(letter -> Choice.delimited(letter, LETTERS.indexOf(letter) == gold))
            .toList();
    return new Document(id, opening + question(row), choices);
  }

  private static String question(CsvFile.Row row) {
    StringBuilder text = new StringBuilder(PythonText.strip(row.fields().get(0)));
    for (int i = 0; i < LETTERS.size(); i++) {
      text.append('\n').append(LETTERS.get(i)).append(". ").append(row.fields().get(1 + i));
    }
    return text.append("\nAnswer:").toString();
  }

  private static int gold(CsvFile.Row row) {
    int gold = LETTERS.indexOf(row.fields().get(FIELDS - 1));
    if (gold < 0) {
      throw EvalErrors.badDocument(row.file(), row.number(), "the answer is none of A, B, C and D");
    }
    return gold;
  }
}
