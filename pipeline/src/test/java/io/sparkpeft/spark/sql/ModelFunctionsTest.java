package io.sparkpeft.spark.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.eval.Expected;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.spark.eval.GenerateSettings;
import io.sparkpeft.spark.eval.ServedModel;
import io.sparkpeft.text.StopStrings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The functions in all places of a query, against transformers' greedy decoding. */
class ModelFunctionsTest {
  private static final StructType QUESTIONS =
      new StructType()
          .add("id", DataTypes.IntegerType)
          .add("who", DataTypes.StringType)
          .add("prompt", DataTypes.StringType);

  private SparkSession spark;

  @BeforeEach
  void serve() {
    spark = LocalCluster.session();
    ModelFunctions.register(spark, ServedModel.of(settings()));
    List<Row> rows = new ArrayList<>();
    for (String who : List.of("__base__", "default")) {
      String model = who.equals("default") ? "adapter" : "base";
      for (JsonNode answer : Expected.part("generated").path(model)) {
        rows.add(RowFactory.create(rows.size(), who, answer.path("prompt").asText()));
      }
    }
    spark.createDataFrame(rows, QUESTIONS).repartition(2).createOrReplaceTempView("questions");
  }

  private static GenerateSettings settings() {
    return new GenerateSettings(
        Expected.resource("model"),
        Optional.of(Expected.resource("adapter")),
        Optional.empty(),
        "float32",
        Optional.empty(),
        true,
        "none",
        24,
        Optional.empty(),
        new StopStrings(List.of()),
        8);
  }

  private static List<String> answers() {
    List<String> answers = new ArrayList<>();
    for (String model : List.of("base", "adapter")) {
      Expected.part("generated").path(model).forEach(g -> answers.add(g.path("answer").asText()));
    }
    return answers;
  }

  private static boolean isBatched(Dataset<Row> query) {
    return query.queryExecution().executedPlan().toString().contains("Calls");
  }

  @Test
  void everyRowIsAnsweredByTheAdapterItNames() {
    Dataset<Row> query =
        spark.sql("SELECT id, lora_generate(who, prompt) AS answer FROM questions ORDER BY id");
    assertThat(isBatched(query)).isTrue();
    assertThat(query.collectAsList().stream().map(row -> row.getString(1)).toList())
        .isEqualTo(answers());
  }

  @Test
  void callsStandInExpressionsFiltersAndAggregates() {
    Dataset<Row> query =
        spark.sql(
            """
            SELECT who, max(length(lora_generate(who, prompt))) AS longest,
                   avg(lora_loglik(who, prompt, 'the owl')) AS loglik
            FROM questions
            WHERE length(lora_generate(who, prompt)) > 0
            GROUP BY who ORDER BY who
            """);
    assertThat(isBatched(query)).isTrue();
    List<Row> rows = query.collectAsList();
    int half = answers().size() / 2;
    assertThat(rows.get(0).getInt(1)).isEqualTo(longest(answers().subList(0, half)));
    assertThat(rows.get(1).getInt(1)).isEqualTo(longest(answers().subList(half, 2 * half)));
    assertThat(rows.get(0).getDouble(2)).isNegative().isNotEqualTo(rows.get(1).getDouble(2));
  }

  private static int longest(List<String> texts) {
    return texts.stream()
        .mapToInt(text -> text.codePointCount(0, text.length()))
        .max()
        .orElseThrow();
  }

  /** In the condition of a join no rows can be taken together. */
  @Test
  void oneRowAtATimeGivesTheSame() {
    String one =
        """
        SELECT q.id, o.x FROM questions q LEFT JOIN (SELECT 1 AS x) o
        ON lora_loglik(q.who, q.prompt, 'the owl') < o.x ORDER BY q.id
        """;
    assertThat(isBatched(spark.sql(one))).isFalse();
    assertThat(spark.sql(one).collectAsList()).allMatch(row -> row.getInt(1) == 1);

    SingleCall single = new SingleCall(ModelFunction.LORA_LOGLIK, ServedModel.of(settings()));
    spark.udf().register("one_loglik", single.ofThree(), DataTypes.DoubleType);
    List<Row> both =
        spark
            .sql(
                "SELECT lora_loglik(who, prompt, ' the'), one_loglik(who, prompt, ' the')"
                    + " FROM questions")
            .collectAsList();
    assertThat(both).hasSize(answers().size());
    assertThat(both)
        .allSatisfy(row -> assertThat(row.getDouble(0)).isCloseTo(row.getDouble(1), within(1e-4)));
  }

  @Test
  void constantsAreAnsweredToo() {
    String prompt = Expected.part("generated").path("base").path(1).path("prompt").asText();
    assertThat(spark.sql("SELECT lora_generate('__base__', '" + prompt + "')").first().getString(0))
        .isEqualTo(answers().get(1));
  }

  @Test
  void nullGivesNull() {
    List<Row> rows =
        spark
            .sql(
                "SELECT lora_generate(who, NULLIF(prompt, 'The owl')) AS answer, prompt"
                    + " FROM questions")
            .collectAsList();
    assertThat(rows)
        .allSatisfy(row -> assertThat(row.isNullAt(0)).isEqualTo("The owl".equals(row.get(1))));
  }

  @Test
  void anUnknownAdapterFailsWithThoseThereAre() {
    assertThatThrownBy(
            () -> spark.sql("SELECT lora_generate('nobody', prompt) FROM questions").collect())
        .hasStackTraceContaining("There is no adapter 'nobody'")
        .hasStackTraceContaining("adapter.path has the adapters default");
  }

  @Test
  void aLaterModelTakesThePlaceOfAnEarlierOne() {
    ModelFunctions.register(spark, ServedModel.of(settings()));
    ModelFunctions.register(spark, ServedModel.of(settings()));
    var planner = ((org.apache.spark.sql.classic.SparkSession) spark).experimental();
    assertThat(IntStream.of(planner.extraStrategies().size(), planner.extraOptimizations().size()))
        .containsExactly(1, 1);
  }
}
