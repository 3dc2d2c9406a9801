package io.sparkpeft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Sha256;
import io.sparkpeft.model.LogLikelihood;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The check that lm-eval keeps for its own tasks (tests/testdata): a hash over all requests of the
 * documents in an order of Random(42), and the scores of log-likelihoods that Random(42) draws.
 */
class ShuffledHashTest {
  private static final int SEED = 42;

  @Test
  void drawsPythonsNumbers() {
    PythonRandom random = new PythonRandom(SEED);
    assertThat(random.random()).isEqualTo(0.6394267984578837);
    assertThat(random.random()).isEqualTo(0.025010755222666936);
    assertThat(random.random()).isEqualTo(0.27502931836911926);
  }

  @Test
  void arithmeticHasTheHashOfItsRequests() {
    EvalTask task = load("arithmetic_2ds", Expected.resource("source"));
    assertThat(requestHash(shuffled(task)))
        .isEqualTo(Expected.part("shuffled").path(task.name()).path("sha256").asText());
  }

  @Test
  void blimpHasTheHashOfItsBareSentencesAndTheScoreOfDrawnLikelihoods() {
    EvalTask task = shuffled(bare(load("blimp_causative", Expected.resource("source"))));
    JsonNode expected = Expected.part("shuffled").path(task.name());

    TaskScore score = task.scores(drawnAnswers(task)).get(0);

    assertThat(requestHash(task)).isEqualTo(expected.path("sha256").asText());
    assertThat(score.value()).isEqualTo(expected.path("acc").asDouble());
    assertThat(score.stderr().getAsDouble())
        .isCloseTo(expected.path("acc_stderr").asDouble(), within(1e-15));
  }

  static EvalTask load(String name, Path source) {
    return EvalTasks.load(List.of(name), source, OptionalInt.empty(), 0).tasks().get(0);
  }

  static EvalTask shuffled(EvalTask task) {
    List<Document> documents = new ArrayList<>(task.documents());
    new PythonRandom(SEED).shuffle(documents);
    return with(task, documents);
  }

  /** BLiMP before 2024: no blank before the sentence. */
  static EvalTask bare(EvalTask task) {
    return with(task, task.documents().stream().map(ShuffledHashTest::bare).toList());
  }

  private static Document bare(Document document) {
    List<Choice> choices =
        document.choices().stream().map(c -> new Choice(c.text(), c.text(), c.correct())).toList();
    return new Document(document.id(), document.context(), choices);
  }

  private static EvalTask with(EvalTask task, List<Document> documents) {
    return new EvalTask(
        task.name(),
        task.version(),
        task.split(),
        task.shots(),
        task.metrics(),
        documents,
        task.originalCount());
  }

  static List<List<LogLikelihood>> drawnAnswers(EvalTask task) {
    PythonRandom random = new PythonRandom(SEED);
    List<LogLikelihood> answers = new ArrayList<>();
    for (int i = 0; i < task.requestCount(); i++) {
      answers.add(new LogLikelihood(-random.random(), false));
    }
    return task.byDocument(answers);
  }

  /** Over Python's json.dumps of all [context, continuation]. */
  static String requestHash(EvalTask task) {
    return Sha256.of(
        new EvalSuite(List.of(task), List.of())
            .requests().stream()
                .map(r -> "[" + quoted(r.context()) + ", " + quoted(r.continuation()) + "]")
                .collect(Collectors.joining(", ", "[", "]")));
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    text.chars().forEach(c -> json.append(escaped((char) c)));
    return json.append('"').toString();
  }

  private static String escaped(char c) {
    return switch (c) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      default -> c < 0x20 || c > 0x7e ? String.format(Locale.ROOT, "\\u%04x", (int) c) : "" + c;
    };
  }
}
