package io.sparkpeft.spark.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.eval.Expected;
import io.sparkpeft.model.Sampling;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.text.StopStrings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** Generation on executors, against transformers' greedy decoding. */
class GenerationTest {
  private static final int NEW_TOKENS = 24;
  private static final Path MODEL = Expected.resource("model");
  private static final Path ADAPTER = Expected.resource("adapter");

  private static GenerateSettings settings(Optional<Path> adapter) {
    return settings(adapter, Optional.empty(), List.of(), 2);
  }

  private static GenerateSettings settings(
      Optional<Path> adapter, Optional<Sampling> sampling, List<String> stop, int batchSize) {
    return new GenerateSettings(
        MODEL,
        adapter,
        Optional.empty(),
        "float32",
        Optional.empty(),
        true,
        "none",
        NEW_TOKENS,
        sampling,
        new StopStrings(stop),
        batchSize);
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

  /** Neighbours in a batch of seven; what PEFT's __base__ stands for, and a folder. */
  @Test
  void everyRowIsAnsweredByTheAdapterThatItNames() {
    SparkSession spark = LocalCluster.session();
    List<Row> asked = new ArrayList<>();
    for (String prompt : prompts()) {
      asked.add(RowFactory.create(prompt, "__base__"));
      asked.add(RowFactory.create(prompt, "default"));
      asked.add(RowFactory.create(prompt, ADAPTER.toString()));
    }
    StructType schema =
        new StructType().add("question", DataTypes.StringType).add("who", DataTypes.StringType);
    List<Row> rows =
        Generation.answerColumn(
                spark, byRow(), spark.createDataFrame(asked, schema).coalesce(1), "question")
            .collectAsList();
    assertThat(rows).hasSameSizeAs(asked);
    for (int i = 0; i < rows.size(); i++) {
      assertThat(rows.get(i).getString(0)).isEqualTo(asked.get(i).getString(0));
      String model = rows.get(i).getString(1).equals("__base__") ? "base" : "adapter";
      assertThat(rows.get(i).<String>getAs("answer"))
          .isEqualTo(Expected.part("generated").path(model).path(i / 3).path("answer").asText());
    }
  }

  private static GenerateSettings byRow() {
    return new GenerateSettings(
        MODEL,
        Optional.of(ADAPTER),
        Optional.of("who"),
        "float32",
        Optional.empty(),
        true,
        "none",
        NEW_TOKENS,
        Optional.empty(),
        new StopStrings(List.of()),
        7);
  }

  /** The stop string begins and ends within tokens; what comes before it stays. */
  @Test
  void aStopStringEndsAnAnswerAcrossTokens() {
    SparkSession spark = LocalCluster.session();
    List<Generation.Answer> whole = Generation.answer(spark, settings(Optional.empty()), prompts());
    String first = whole.get(0).answer();
    String stop = first.substring(first.length() / 3, first.length() / 3 + 4);
    List<Generation.Answer> answers =
        Generation.answer(
            spark, settings(Optional.empty(), Optional.empty(), List.of(stop), 2), prompts());
    for (int i = 0; i < whole.size(); i++) {
      String text = whole.get(i).answer();
      int end = text.contains(stop) ? text.indexOf(stop) : text.length();
      assertThat(answers.get(i).answer()).isEqualTo(text.substring(0, end));
    }
    assertThat(answers.get(0).answerTokens()).isLessThan(NEW_TOKENS);
  }

  @Test
  void chanceIsTheSameInBatchesOfAnySize() {
    SparkSession spark = LocalCluster.session();
    Optional<Sampling> sampling = Optional.of(new Sampling(1.2, 40, 0.95, 3));
    List<Generation.Answer> one =
        Generation.answer(spark, settings(Optional.empty(), sampling, List.of(), 1), prompts());
    List<Generation.Answer> three =
        Generation.answer(spark, settings(Optional.empty(), sampling, List.of(), 3), prompts());
    assertThat(three).isEqualTo(one);
    assertThat(one).isNotEqualTo(Generation.answer(spark, settings(Optional.empty()), prompts()));
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
