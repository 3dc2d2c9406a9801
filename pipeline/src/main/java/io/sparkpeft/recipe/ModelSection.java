package io.sparkpeft.recipe;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * @param path folder of a Hugging Face checkpoint, visible to every executor under the same name
 * @param dtype the type that the base's weights are computed in
 */
public record ModelSection(Optional<String> path, ComputeDtype dtype) {

  /** The type of the base's weights while computing. */
  public enum ComputeDtype {
    /** That of the checkpoint, where the processor computes well in it; else float32. */
    AUTO,
    FLOAT32,
    BFLOAT16
  }

  static final Key<Optional<String>> PATH =
      Key.optional(
              "model.path",
              ValueTypes.TEXT,
              "none: every job needs it",
              "Folder of the base model: config.json, safetensors files, tokenizer files.")
          .input();

  static final Key<ComputeDtype> DTYPE =
      Key.of(
          "model.dtype",
          ValueTypes.oneOf(ComputeDtype.class),
          ComputeDtype.AUTO,
          "The type that the base computes in; auto takes the checkpoint's where the processor"
              + " is fast in it, else float32.");

  static final List<Key<?>> KEYS = List.of(PATH, DTYPE);

  static ModelSection of(EffectiveRecipe recipe) {
    return new ModelSection(recipe.value(PATH), recipe.value(DTYPE));
  }

  /** The folder of the base model. */
  public Path folder() {
    return Location.folder(path.orElseThrow(() -> RecipeErrors.notSet(PATH)));
  }
}
