package io.sparkpeft.recipe;

import java.nio.file.Path;
import java.util.List;

/**
 * What a run's report shows beside what the tables know.
 *
 * @param results folders that merge and generate left
 */
public record ReportSection(List<String> results) {
  static final Key<List<String>> RESULTS =
      Key.of(
              "report.results",
              ValueTypes.listOf(ValueTypes.TEXT),
              List.of(),
              "Folders that merge and generate left, whose certificate and answers the report"
                  + " shows.")
          .place();

  static final List<Key<?>> KEYS = List.of(RESULTS);

  static ReportSection of(EffectiveRecipe recipe) {
    return new ReportSection(recipe.value(RESULTS));
  }

  /** Those folders on this machine. */
  public List<Path> folders() {
    return results.stream().map(Location::folder).toList();
  }
}
