package io.sparkpeft.recipe;

import java.util.List;
import java.util.Optional;

/**
 * @param id the run's name in tables, folders and results
 */
public record RunSection(Optional<String> id) {
  static final Key<Optional<String>> ID =
      Key.optional(
              "run.id",
              ValueTypes.TEXT,
              "12 hexadecimal digits of a hash over all keys and inputs that determine the result",
              "The run's name in tables, folders and results.")
          .must(
              "made of letters, digits, '.', '_' and '-'",
              id -> id.isEmpty() || id.get().matches("[A-Za-z0-9][A-Za-z0-9._-]*"))
          .place();

  static final List<Key<?>> KEYS = List.of(ID);

  static RunSection of(EffectiveRecipe recipe) {
    return new RunSection(recipe.value(ID));
  }
}
