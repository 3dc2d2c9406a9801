package io.sparkpeft.recipe;

import java.util.List;
import java.util.Optional;

/**
 * From instruction files to a token table.
 *
 * @param source file or folder, local or of any Hadoop file system
 * @param template {@code auto}, {@code none}, the name of a template, or a file
 * @param maxLength most tokens of an example; empty: 512, or the model's context if that is less
 * @param packing whether micro-batches are filled up by tokens rather than by examples
 * @param validationFraction share of the examples kept out of training
 * @param table the token table; empty: {@code <tables.root>/tokens}
 */
public record DataSection(
    Optional<String> source,
    Format format,
    String template,
    Optional<Integer> maxLength,
    Overlong overlong,
    OnBadRecord onBadRecord,
    boolean trainOnPrompt,
    boolean packing,
    double validationFraction,
    Optional<String> table) {

  /** The format of the source. */
  public enum Format {
    AUTO,
    ALPACA,
    CSV,
    JSONL,
    PARQUET,
    DELTA
  }

  /** What happens to an example with more tokens than {@code data.max_length}. */
  public enum Overlong {
    DROP,
    TRUNCATE,
    FAIL
  }

  /** What happens to a record that cannot be read or lacks a field. */
  public enum OnBadRecord {
    FAIL,
    REJECT
  }

  static final Key<Optional<String>> SOURCE =
      Key.optional(
              "data.source",
              ValueTypes.TEXT,
              "none: prepare needs it",
              "File or folder of instructions, local or of any Hadoop file system.")
          .input();

  static final Key<Format> FORMAT =
      Key.of(
          "data.format",
          ValueTypes.oneOf(Format.class),
          Format.AUTO,
          "Format of the source; auto goes by its name and first bytes.");

  static final Key<String> TEMPLATE =
      Key.of(
          "data.template",
          ValueTypes.TEXT,
          "auto",
          "How a record becomes a prompt: auto (the tokenizer's chat_template, else Alpaca's),"
              + " a template's name, a file with a Jinja template, or none: the instruction, the input"
              + " on a new line where there is one, then the answer with nothing between (TRL's"
              + " prompt and completion).");

  static final Key<Optional<Integer>> MAX_LENGTH =
      Key.optional(
              "data.max_length",
              ValueTypes.INTEGER,
              "512, or the model's context if that is less",
              "Most tokens of one example, prompt and answer together.")
          .must("at least 2", n -> n.isEmpty() || n.get() >= 2);

  static final Key<Overlong> OVERLONG =
      Key.of(
          "data.overlong",
          ValueTypes.oneOf(Overlong.class),
          Overlong.DROP,
          "What happens to an example with more tokens than data.max_length.");

  static final Key<OnBadRecord> ON_BAD_RECORD =
      Key.of(
          "data.on_bad_record",
          ValueTypes.oneOf(OnBadRecord.class),
          OnBadRecord.FAIL,
          "What a record does that cannot be read or lacks a field: stop the job, or be counted"
              + " and left out.");

  static final Key<Boolean> TRAIN_ON_PROMPT =
      Key.of(
          "data.train_on_prompt",
          ValueTypes.BOOLEAN,
          false,
          "Whether the prompt's tokens are targets too.");

  static final Key<Boolean> PACKING =
      Key.of(
          "data.packing",
          ValueTypes.BOOLEAN,
          false,
          "Fill micro-batches with as many examples as have train.micro_batch_size times"
              + " data.max_length tokens: fewer and fuller ones. Examples never see each other, and"
              + " an optimizer step still takes train.global_batch_size of them.");

  static final Key<Double> VALIDATION_FRACTION =
      Key.of(
              "data.validation_fraction",
              ValueTypes.NUMBER,
              0.0,
              "Share of the examples kept out of training for the validation loss.")
          .must("at least 0 and less than 1", x -> x >= 0 && x < 1);

  static final Key<Optional<String>> TABLE =
      Key.optional(
              "data.table",
              ValueTypes.TEXT,
              "<tables.root>/tokens",
              "The Delta table of tokens that prepare writes and finetune reads.")
          .input();

  static final List<Key<?>> KEYS =
      List.of(
          SOURCE,
          FORMAT,
          TEMPLATE,
          MAX_LENGTH,
          OVERLONG,
          ON_BAD_RECORD,
          TRAIN_ON_PROMPT,
          PACKING,
          VALIDATION_FRACTION,
          TABLE);

  static DataSection of(EffectiveRecipe recipe) {
    return new DataSection(
        recipe.value(SOURCE),
        recipe.value(FORMAT),
        recipe.value(TEMPLATE),
        recipe.value(MAX_LENGTH),
        recipe.value(OVERLONG),
        recipe.value(ON_BAD_RECORD),
        recipe.value(TRAIN_ON_PROMPT),
        recipe.value(PACKING),
        recipe.value(VALIDATION_FRACTION),
        recipe.value(TABLE));
  }

  /** The source that prepare reads. */
  public String requiredSource() {
    return source.orElseThrow(() -> RecipeErrors.notSet(SOURCE));
  }

  /** The most tokens of an example for a model of that context. */
  public int maxLength(int maxPositionEmbeddings) {
    return maxLength.orElse(Math.min(512, maxPositionEmbeddings));
  }
}
