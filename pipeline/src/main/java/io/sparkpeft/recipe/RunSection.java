package io.sparkpeft.recipe;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * @param id the run's name in tables, folders and results
 * @param cache a folder, the same on every machine, of copies of what lies in object stores
 */
public record RunSection(Optional<String> id, Path cache) {
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

  static final Key<Optional<String>> CACHE =
      Key.optional(
              "run.cache",
              ValueTypes.TEXT,
              "/tmp/spark-peft-<user>",
              "Folder on every machine for copies of models, adapters and questions that lie in an"
                  + " object store.")
          .place();

  static final List<Key<?>> KEYS = List.of(ID, CACHE);

  static RunSection of(EffectiveRecipe recipe) {
    String cache =
        recipe.value(CACHE).orElseGet(() -> "/tmp/spark-peft-" + System.getProperty("user.name"));
    return new RunSection(recipe.value(ID), Location.folder(cache));
  }
}
