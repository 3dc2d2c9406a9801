package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.TRANSFORMERS;

import java.util.List;
import java.util.Optional;

/**
 * @param prompt one instruction
 * @param prompts a file with one instruction per line, or a table with a column {@code prompt}
 * @param adapterColumn that column of the table which names each row's adapter
 * @param raw whether the text goes to the model as it is, after BOS, without a template
 * @param doSample whether chance chooses among likely tokens
 * @param temperature divides the logits before a choice
 * @param topK how many of the likeliest tokens are chosen from; 0 for all
 * @param topP only the fewest tokens that have this probability together are chosen from
 * @param seed of the choices
 * @param stopStrings texts that end an answer and are no part of it
 * @param batchSize prompts that the model continues at once
 */
public record GenerateSection(
    Optional<String> prompt,
    Optional<String> prompts,
    Optional<String> adapterColumn,
    int maxNewTokens,
    boolean raw,
    boolean doSample,
    double temperature,
    int topK,
    double topP,
    long seed,
    List<String> stopStrings,
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

  static final Key<Optional<String>> ADAPTER_COLUMN =
      Key.optional(
          "generate.adapter_column",
          ValueTypes.TEXT,
          "none",
          "The column of the table generate.prompts that names the adapter of each row: a folder,"
              + " one of several adapters in adapter.path, or __base__ for none.");

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

  static final Key<Boolean> DO_SAMPLE =
      Key.of(
              "generate.do_sample",
              ValueTypes.BOOLEAN,
              false,
              "Whether chance chooses the next token; otherwise it is always the likeliest.")
          .as(TRANSFORMERS);

  static final Key<Double> TEMPERATURE =
      Key.of(
              "generate.temperature",
              ValueTypes.NUMBER,
              1.0,
              "Divides the logits before a choice: below 1, likely tokens become likelier.")
          .must("more than 0", temperature -> temperature > 0)
          .as(TRANSFORMERS);

  static final Key<Integer> TOP_K =
      Key.of(
              "generate.top_k",
              ValueTypes.INTEGER,
              0,
              "Chooses only among so many of the likeliest tokens; 0 among all.")
          .must("at least 0", k -> k >= 0)
          .as(TRANSFORMERS);

  static final Key<Double> TOP_P =
      Key.of(
              "generate.top_p",
              ValueTypes.NUMBER,
              1.0,
              "Chooses only among the fewest tokens that have this probability together, after"
                  + " temperature and top_k.")
          .must("more than 0 and at most 1", p -> p > 0 && p <= 1)
          .as(TRANSFORMERS);

  static final Key<Long> SEED =
      Key.of(
          "generate.seed",
          ValueTypes.LONG,
          42L,
          "With a prompt's place it decides all choices of its answer.");

  static final Key<List<String>> STOP_STRINGS =
      Key.of(
              "generate.stop_strings",
              ValueTypes.listOf(ValueTypes.TEXT),
              List.of(),
              "Texts that end an answer; they are no part of it.")
          .must("without empty texts", strings -> !strings.contains(""))
          .as(TRANSFORMERS);

  static final Key<Integer> BATCH_SIZE =
      Key.of(
              "generate.batch_size",
              ValueTypes.INTEGER,
              8,
              "Prompts that the model continues at once.")
          .must("at least 1", size -> size >= 1)
          .place();

  static final List<Key<?>> KEYS =
      List.of(
          PROMPT,
          PROMPTS,
          ADAPTER_COLUMN,
          MAX_NEW_TOKENS,
          RAW,
          DO_SAMPLE,
          TEMPERATURE,
          TOP_K,
          TOP_P,
          SEED,
          STOP_STRINGS,
          BATCH_SIZE);

  /** Those that mean nothing where the likeliest token is taken. */
  static final List<Key<?>> OF_CHANCE = List.of(TEMPERATURE, TOP_K, TOP_P, SEED);

  static GenerateSection of(EffectiveRecipe recipe) {
    return new GenerateSection(
        recipe.value(PROMPT),
        recipe.value(PROMPTS),
        recipe.value(ADAPTER_COLUMN),
        recipe.value(MAX_NEW_TOKENS),
        recipe.value(RAW),
        recipe.value(DO_SAMPLE),
        recipe.value(TEMPERATURE),
        recipe.value(TOP_K),
        recipe.value(TOP_P),
        recipe.value(SEED),
        recipe.value(STOP_STRINGS),
        recipe.value(BATCH_SIZE));
  }
}
