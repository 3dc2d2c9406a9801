package io.sparkpeft.spark.eval;

import io.sparkpeft.spark.TaskOutcome;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Answers prompts on the executors. */
public final class Generation {
  private Generation() {}

  /**
   * A prompt and its answer.
   *
   * @param answer without prompt and special tokens
   * @param promptTokens tokens of the prompt in its template
   * @param answerTokens tokens that the model added, those of a stop string among them
   */
  public record Answer(String prompt, String answer, int promptTokens, int answerTokens)
      implements Serializable {}

  /**
   * The answers, in the prompts' order. Where chance decides, an answer depends on the seed and the
   * prompt's place.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65, 66) if model or adapter are missing, broken
   *     or do not fit, or a prompt does not fit into the model's context; (78) for an unknown
   *     template
   */
  public static List<Answer> answer(
      SparkSession spark, GenerateSettings settings, List<String> prompts) {
    return answerAll(
        spark,
        settings,
        prompts.stream().map(prompt -> Question.of(prompt, settings.adapter())).toList());
  }

  /** The same with an adapter for each of them: different ones are mixed within a batch. */
  public static List<Answer> answerAll(
      SparkSession spark, GenerateSettings settings, List<Question> questions) {
    if (questions.isEmpty()) {
      return List.of();
    }
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    context.setJobDescription("answer " + questions.size() + " prompts");
    // One partition per slot: each executor then loads the model once. Partitions keep the order.
    int partitions = Math.min(context.defaultParallelism(), questions.size());
    PromptAnswerer answerer = PromptAnswerer.of(settings);
    return TaskOutcome.gathered(
        context
            .parallelize(NumberedPrompt.inOrder(questions), partitions)
            .mapPartitions(prompts -> answerer.outcome(prompts))
            .collect());
  }

  /**
   * Answers a column of prompts: the same rows with the columns {@code answer}, {@code
   * prompt_tokens} and {@code answer_tokens} added. Nothing is computed before the result is used.
   * Where chance decides, an answer depends on the seed and the prompt's text. Each task loads the
   * adapters that its rows name: partition by that column where they are many.
   */
  public static Dataset<Row> answerColumn(
      SparkSession spark, GenerateSettings settings, Dataset<Row> prompts, String column) {
    StructType schema =
        prompts
            .schema()
            .add("answer", DataTypes.StringType, false)
            .add("prompt_tokens", DataTypes.IntegerType, false)
            .add("answer_tokens", DataTypes.IntegerType, false);
    QuestionColumns columns = QuestionColumns.of(prompts.schema(), column, settings);
    return prompts.mapPartitions(
        new AnswerRows(PromptAnswerer.of(settings), columns), Encoders.row(schema));
  }
}
