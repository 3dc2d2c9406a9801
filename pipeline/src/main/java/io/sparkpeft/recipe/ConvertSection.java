package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.TRANSFORMERS;

import io.sparkpeft.convert.Conversion;
import io.sparkpeft.convert.Format;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a checkpoint in a layout of its maker's does not say itself; model.path is its folder.
 *
 * @param format the folder's layout; empty for the one that it is in
 * @param maxPositionEmbeddings the context in tokens, where the checkpoint does not say
 */
public record ConvertSection(Optional<Format> format, Optional<Integer> maxPositionEmbeddings) {

  static final Key<Optional<Format>> FORMAT =
      Key.optional(
          "convert.format",
          ValueTypes.oneOf(Format.class),
          "none: the one that is found",
          "The layout of the checkpoint in model.path: needed only where the folder has several,"
              + " as LitGPT's merged model beside its LoRA weights.");

  static final Key<Optional<Integer>> MAX_POSITION_EMBEDDINGS =
      Key.optional(
              "convert.max_position_embeddings",
              ValueTypes.INTEGER,
              "none: that of the release, which Meta's params.json leaves out",
              "The context in tokens that config.json is to say.")
          .must("positive", length -> length.isEmpty() || length.get() > 0)
          .as(TRANSFORMERS);

  static final List<Key<?>> KEYS = List.of(FORMAT, MAX_POSITION_EMBEDDINGS);

  static ConvertSection of(EffectiveRecipe recipe) {
    return new ConvertSection(recipe.value(FORMAT), recipe.value(MAX_POSITION_EMBEDDINGS));
  }

  /** What the conversion is told. */
  public Conversion.Wanted wanted() {
    return new Conversion.Wanted(
        format, maxPositionEmbeddings.map(OptionalInt::of).orElse(OptionalInt.empty()));
  }
}
