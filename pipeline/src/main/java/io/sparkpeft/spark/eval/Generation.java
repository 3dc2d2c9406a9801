package io.sparkpeft.spark.eval;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Answers prompts by greedy decoding on the executors. */
public final class Generation {
  private Generation() {}

  /** A prompt and its answer, without prompt and special tokens. */
  public record Answer(String prompt, String answer, int promptTokens, int answerTokens) {}

  /** The answers, in the prompts' order. */
  @SuppressWarnings("DoNotCallSuggester")
  public static List<Answer> answer(
      SparkSession spark, GenerateSettings settings, List<String> prompts) {
    throw new UnsupportedOperationException("follows");
  }

  /**
   * Answers a column of prompts: the same rows with the columns {@code answer}, {@code
   * prompt_tokens} and {@code answer_tokens} added.
   */
  @SuppressWarnings("DoNotCallSuggester")
  public static Dataset<Row> answerColumn(
      SparkSession spark, GenerateSettings settings, Dataset<Row> prompts, String column) {
    throw new UnsupportedOperationException("follows");
  }
}
