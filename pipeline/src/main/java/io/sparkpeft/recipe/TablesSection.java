package io.sparkpeft.recipe;

import java.util.List;

/**
 * @param root the folder, local or of any Hadoop file system, that the Delta tables lie in
 */
public record TablesSection(String root) {
  static final Key<String> ROOT =
      Key.of(
              "tables.root",
              ValueTypes.TEXT,
              "./tables",
              "Folder of the Delta tables: tokens, train_runs, train_steps, eval_scores,"
                  + " eval_samples, gate_results, adapters.")
          .place();

  static final List<Key<?>> KEYS = List.of(ROOT);

  static TablesSection of(EffectiveRecipe recipe) {
    return new TablesSection(Location.absolute(recipe.value(ROOT)));
  }

  /** The path of a table below the root. */
  public String table(String name) {
    return root.endsWith("/") ? root + name : root + "/" + name;
  }
}
