package io.sparkpeft.recipe;

import io.sparkpeft.eval.gate.GateRule;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an evaluation's scores must be for its adapter to be promoted.
 *
 * @param runId the evaluation that is judged; empty for the run of the same id
 * @param reference what its scores are compared with
 * @param rules in the order of the keys, and of the scores' names below each
 * @param partialTasks whether scores over part of a task's documents count
 */
public record GateSection(
    Optional<String> runId, Reference reference, List<GateRule> rules, boolean partialTasks) {

  /** What scores are compared with. */
  public enum Reference {
    /** The base model without an adapter. */
    BASE,
    /** The promoted adapter of promote.name; the base where there is none yet. */
    PROMOTED
  }

  private static final String SCORE_NAMES = "[\\w*-]+\\.[\\w*]+";

  static final Key<Optional<String>> RUN_ID =
      Key.optional(
          "gate.run_id",
          ValueTypes.TEXT,
          "run.id",
          "The run of evaluate whose adapter is judged, by its scores in eval_scores.");

  static final Key<Reference> REFERENCE =
      Key.of(
          "gate.reference",
          ValueTypes.oneOf(Reference.class),
          Reference.BASE,
          "What scores are compared with: the base without an adapter, or the promoted adapter of"
              + " promote.name (the base where there is none yet).");

  static final Key<List<String>> REQUIRED_TASKS =
      Key.of(
          "gate.required_tasks",
          ValueTypes.listOf(ValueTypes.TEXT),
          List.of(),
          "Tasks that must have been scored, whatever the scores; every rule's task must be.");

  static final Key<Map<String, Double>> MIN =
      bounds(
          GateRule.Kind.MIN,
          "Scores by task.metric (* for any text, then in quotes) and the least that each may be.");

  static final Key<Map<String, Double>> MAX =
      bounds(GateRule.Kind.MAX, "The same with the most that each may be: perplexity.loss = 1.2.");

  static final Key<Map<String, Double>> MAX_REGRESSION =
      amounts(
          GateRule.Kind.MAX_REGRESSION,
          "Scores and by how much each may be worse than the reference's, in the metric's units.");

  static final Key<Map<String, Double>> MAX_REGRESSION_STDERR =
      amounts(
          GateRule.Kind.MAX_REGRESSION_STDERR,
          "The same in standard errors of the difference: of the documents' differences where"
              + " eval_samples has both answers, else of two independent scores.");

  static final Key<Map<String, Double>> MIN_GAIN =
      amounts(
          GateRule.Kind.MIN_GAIN,
          "Scores and by how much each must be better than the reference's, in the metric's units.");

  static final Key<Map<String, Double>> MIN_GAIN_STDERR =
      amounts(
          GateRule.Kind.MIN_GAIN_STDERR,
          "The same in standard errors of the difference; equal scores are no gain.");

  static final Key<Boolean> PARTIAL_TASKS =
      Key.of(
          "gate.partial_tasks",
          ValueTypes.BOOLEAN,
          false,
          "Whether scores count that are over part of a task's documents (eval.limit).");

  private static final Map<GateRule.Kind, Key<Map<String, Double>>> RULES =
      new EnumMap<>(
          Map.of(
              GateRule.Kind.MIN, MIN,
              GateRule.Kind.MAX, MAX,
              GateRule.Kind.MAX_REGRESSION, MAX_REGRESSION,
              GateRule.Kind.MAX_REGRESSION_STDERR, MAX_REGRESSION_STDERR,
              GateRule.Kind.MIN_GAIN, MIN_GAIN,
              GateRule.Kind.MIN_GAIN_STDERR, MIN_GAIN_STDERR));

  static final List<Key<?>> KEYS =
      List.of(
          RUN_ID,
          REFERENCE,
          REQUIRED_TASKS,
          MIN,
          MAX,
          MAX_REGRESSION,
          MAX_REGRESSION_STDERR,
          MIN_GAIN,
          MIN_GAIN_STDERR,
          PARTIAL_TASKS);

  private static Key<Map<String, Double>> bounds(GateRule.Kind kind, String meaning) {
    return Key.of(
            kind.key(), ValueTypes.mapOf(ValueTypes.NUMBER), Map.<String, Double>of(), meaning)
        .must(
            "a map from task.metric such as { arithmetic_2da.acc = 0.8 }",
            bounds -> bounds.keySet().stream().allMatch(name -> name.matches(SCORE_NAMES)));
  }

  private static Key<Map<String, Double>> amounts(GateRule.Kind kind, String meaning) {
    return bounds(kind, meaning)
        .must(
            "a map to numbers of at least 0",
            bounds -> bounds.values().stream().allMatch(bound -> bound >= 0));
  }

  static GateSection of(EffectiveRecipe recipe) {
    List<GateRule> rules = new ArrayList<>();
    for (String task : recipe.value(REQUIRED_TASKS)) {
      rules.add(new GateRule(GateRule.Kind.REQUIRED_TASKS, task + ".*", 0));
    }
    RULES.forEach(
        (kind, key) ->
            recipe
                .value(key)
                .forEach((scores, bound) -> rules.add(new GateRule(kind, scores, bound))));
    return new GateSection(
        recipe.value(RUN_ID),
        recipe.value(REFERENCE),
        List.copyOf(rules),
        recipe.value(PARTIAL_TASKS));
  }
}
