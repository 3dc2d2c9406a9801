package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.LM_EVAL;

import java.util.List;
import java.util.Optional;

/**
 * @param tasks lm-eval's names
 * @param source folder or file of the tasks' questions
 * @param limit most questions of each task; empty: all
 * @param numFewshot solved examples before each question, for tasks that have some
 * @param compareBase whether the base without its adapter is scored too
 * @param batchSize requests that the model answers at once
 */
public record EvalSection(
    List<String> tasks,
    Optional<String> source,
    Optional<Integer> limit,
    int numFewshot,
    boolean compareBase,
    int batchSize) {

  static final Key<List<String>> TASKS =
      Key.of(
              "eval.tasks",
              ValueTypes.listOf(ValueTypes.TEXT),
              List.<String>of(),
              "The tasks by lm-eval's names: arithmetic_*, blimp_*, truthfulqa_mc1,"
                  + " truthfulqa_mc2, mmlu_*; and perplexity on the token table.")
          .as(LM_EVAL);

  static final Key<Optional<String>> SOURCE =
      Key.optional(
              "eval.source",
              ValueTypes.TEXT,
              "none: evaluate needs it",
              "Folder of the tasks' question files, or one file.")
          .input();

  static final Key<Optional<Integer>> LIMIT =
      Key.optional(
              "eval.limit", ValueTypes.INTEGER, "all", "Most questions of each task, from its top.")
          .must("at least 1", limit -> limit.isEmpty() || limit.get() >= 1)
          .as(LM_EVAL);

  static final Key<Integer> NUM_FEWSHOT =
      Key.of(
              "eval.num_fewshot",
              ValueTypes.INTEGER,
              0,
              "Solved examples before each question, for tasks that have some.")
          .must("at least 0", n -> n >= 0)
          .as(LM_EVAL);

  static final Key<Integer> BATCH_SIZE =
      Key.of("eval.batch_size", ValueTypes.INTEGER, 16, "Requests that the model answers at once.")
          .must("at least 1", size -> size >= 1)
          .as(LM_EVAL)
          .place();

  static final Key<Boolean> COMPARE_BASE =
      Key.of(
          "eval.compare_base",
          ValueTypes.BOOLEAN,
          false,
          "Whether the base without its adapter is scored too.");

  static final List<Key<?>> KEYS =
      List.of(TASKS, SOURCE, LIMIT, NUM_FEWSHOT, COMPARE_BASE, BATCH_SIZE);

  static EvalSection of(EffectiveRecipe recipe) {
    return new EvalSection(
        recipe.value(TASKS),
        recipe.value(SOURCE),
        recipe.value(LIMIT),
        recipe.value(NUM_FEWSHOT),
        recipe.value(COMPARE_BASE),
        recipe.value(BATCH_SIZE));
  }

  /** The questions that evaluate reads. */
  public String requiredSource() {
    return source.orElseThrow(() -> RecipeErrors.notSet(SOURCE));
  }

  /** The tasks, of which evaluate needs one at least. */
  public List<String> requiredTasks() {
    if (tasks.isEmpty()) {
      throw RecipeErrors.notSet(TASKS);
    }
    return tasks;
  }
}
