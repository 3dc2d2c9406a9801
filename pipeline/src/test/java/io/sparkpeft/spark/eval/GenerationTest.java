package io.sparkpeft.spark.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.eval.Expected;
import io.sparkpeft.spark.LocalCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

/** Generation on executors, against transformers' greedy decoding. */
class GenerationTest {
  private static final int NEW_TOKENS = 24;
  private static final Path MODEL = Expected.resource("model");
  private static final Path ADAPTER = Expected.resource("adapter");

  private static GenerateSettings settings(Optional<Path> adapter) {
    return new GenerateSettings(MODEL, adapter, "float32", true, "none", NEW_TOKENS, 2);
  }

  private static List<String> prompts() {
    List<String> prompts = new ArrayList<>();
    Expected.part("generated").path("base").forEach(g -> prompts.add(g.path("prompt").asText()));
    return prompts;
  }

  @Test
  void answersAreTransformersInThePromptsOrder() {
    SparkSession spark = LocalCluster.session();
    assertAnswers(Generation.answer(spark, settings(Optional.empty()), prompts()), "base");
    assertAnswers(Generation.answer(spark, settings(Optional.of(ADAPTER)), prompts()), "adapter");
  }

  private static void assertAnswers(List<Generation.Answer> answers, String model) {
    JsonNode expected = Expected.part("generated").path(model);
    assertThat(answers).hasSize(expected.size());
    for (int i = 0; i < answers.size(); i++) {
      assertThat(answers.get(i).prompt()).isEqualTo(expected.path(i).path("prompt").asText());
      assertThat(answers.get(i).answer()).isEqualTo(expected.path(i).path("answer").asText());
      assertThat(answers.get(i).answerTokens())
          .isEqualTo(expected.path(i).path("answer_tokens").asInt());
    }
  }

  @Test
  void answersStandBesideTheRowsTheyBelongTo() {
    SparkSession spark = LocalCluster.session();
    Dataset<Row> asked =
        spark.createDataset(prompts(), Encoders.STRING()).toDF("question").repartition(2);
    List<Row> rows =
        Generation.answerColumn(spark, settings(Optional.empty()), asked, "question")
            .collectAsList();
    assertThat(rows).hasSameSizeAs(prompts());
    for (Row row : rows) {
      int i = prompts().indexOf(row.getString(0));
      assertThat(row.<String>getAs("answer"))
          .isEqualTo(Expected.part("generated").path("base").path(i).path("answer").asText());
    }
  }

  @Test
  void aPromptBeyondTheContextFailsWithItsLength() {
    List<String> prompts = List.of("The owl", "owl ".repeat(200));
    assertThatThrownBy(
            () -> Generation.answer(LocalCluster.session(), settings(Optional.empty()), prompts))
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA))
        .hasMessageContaining("192");
  }

  @Test
  void noPromptsHaveNoAnswers() {
    assertThat(Generation.answer(LocalCluster.session(), settings(Optional.empty()), List.of()))
        .isEmpty();
  }
}
