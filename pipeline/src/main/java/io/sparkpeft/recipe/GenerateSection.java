package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.TRANSFORMERS;

import java.util.List;
import java.util.Optional;

/**
 * @param prompt one instruction
 * @param prompts a file with one instruction per line, or a table with a column {@code prompt}
 * @param raw whether the text goes to the model as it is, after BOS, without a template
 * @param batchSize prompts that the model continues at once
 */
public record GenerateSection(
    Optional<String> prompt,
    Optional<String> prompts,
    int maxNewTokens,
    boolean raw,
    int batchSize) {

  static final Key<Optional<String>> PROMPT =
      Key.optional("generate.prompt", ValueTypes.TEXT, "none", "One instruction to answer.");

  static final Key<Optional<String>> PROMPTS =
      Key.optional(
              "generate.prompts",
              ValueTypes.TEXT,
              "none",
              "A text file with one instruction per line, or a Delta table or Parquet folder with a"
                  + " column prompt.")
          .input();

  static final Key<Integer> MAX_NEW_TOKENS =
      Key.of("generate.max_new_tokens", ValueTypes.INTEGER, 128, "Most tokens of an answer.")
          .must("at least 1", n -> n >= 1)
          .as(TRANSFORMERS);

  static final Key<Boolean> RAW =
      Key.of(
          "generate.raw",
          ValueTypes.BOOLEAN,
          false,
          "Whether the text goes to the model as it is, after BOS, without a template.");

  static final Key<Integer> BATCH_SIZE =
      Key.of(
              "generate.batch_size",
              ValueTypes.INTEGER,
              8,
              "Prompts that the model continues at once.")
          .must("at least 1", size -> size >= 1)
          .place();

  static final List<Key<?>> KEYS = List.of(PROMPT, PROMPTS, MAX_NEW_TOKENS, RAW, BATCH_SIZE);

  static GenerateSection of(EffectiveRecipe recipe) {
    return new GenerateSection(
        recipe.value(PROMPT),
        recipe.value(PROMPTS),
        recipe.value(MAX_NEW_TOKENS),
        recipe.value(RAW),
        recipe.value(BATCH_SIZE));
  }
}
