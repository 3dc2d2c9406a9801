package io.sparkpeft.recipe;

import java.util.List;
import java.util.Optional;

/**
 * Under which name an adapter is promoted.
 *
 * @param name the adapter's name, of which one version at a time is promoted
 * @param version a version to go back to; empty for a new one
 * @param gateRunId the run of gate that the adapter passed; empty for the run of the same id
 * @param withoutGate whether an adapter is promoted that passed no gate
 */
public record PromoteSection(
    Optional<String> name,
    Optional<Long> version,
    Optional<String> gateRunId,
    boolean withoutGate) {

  static final Key<Optional<String>> NAME =
      Key.optional(
              "promote.name",
              ValueTypes.TEXT,
              "none: promote needs it",
              "The adapter's name in the table adapters; one version of a name is promoted.")
          .must(
              "made of letters, digits, '.', '_' and '-'",
              name -> name.isEmpty() || name.get().matches("[A-Za-z0-9][A-Za-z0-9._-]*"));

  static final Key<Optional<Long>> VERSION =
      Key.optional(
              "promote.version",
              ValueTypes.LONG,
              "a new one, of the adapter in adapter.path",
              "An earlier version to promote again: a rollback. Its files must be as they were.")
          .must("at least 1", version -> version.orElse(1L) >= 1);

  static final Key<Optional<String>> GATE_RUN_ID =
      Key.optional(
          "promote.gate_run_id",
          ValueTypes.TEXT,
          "run.id",
          "The run of gate that the adapter passed, by its rows in gate_results.");

  static final Key<Boolean> WITHOUT_GATE =
      Key.of(
          "promote.without_gate",
          ValueTypes.BOOLEAN,
          false,
          "Promote an adapter that passed no gate. The table says so.");

  static final List<Key<?>> KEYS = List.of(NAME, VERSION, GATE_RUN_ID, WITHOUT_GATE);

  static PromoteSection of(EffectiveRecipe recipe) {
    return new PromoteSection(
        recipe.value(NAME),
        recipe.value(VERSION),
        recipe.value(GATE_RUN_ID),
        recipe.value(WITHOUT_GATE));
  }

  /** The name, which promote cannot do without, nor a gate that compares with what is promoted. */
  public String requiredName() {
    return name.orElseThrow(() -> RecipeErrors.notSet(NAME));
  }
}
