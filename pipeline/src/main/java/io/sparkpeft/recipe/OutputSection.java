package io.sparkpeft.recipe;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * @param path the result's folder: written aside and renamed when it is complete
 */
public record OutputSection(Optional<String> path) {
  static final Key<Optional<String>> PATH =
      Key.optional(
              "output.path",
              ValueTypes.TEXT,
              "./runs/<job>-<run id>",
              "Folder of the result, written aside and renamed when complete; _RESULT.json inside.")
          .place();

  static final List<Key<?>> KEYS = List.of(PATH);

  static OutputSection of(EffectiveRecipe recipe) {
    return new OutputSection(recipe.value(PATH));
  }

  /** Where the result goes, of a recipe that is {@link Recipe#named}: a path or an address. */
  public String location() {
    return Location.absolute(path.orElseThrow(() -> RecipeErrors.notSet(PATH)));
  }

  /** The result's folder, of a recipe that is {@link Recipe#named}. */
  public Path folder() {
    return Location.folder(path.orElseThrow(() -> RecipeErrors.notSet(PATH)));
  }
}
