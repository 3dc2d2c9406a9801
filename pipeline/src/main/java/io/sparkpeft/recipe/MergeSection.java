package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.PEFT;

import io.sparkpeft.adapter.CombinationType;
import io.sparkpeft.adapter.MergeMode;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * How adapters are merged into their base.
 *
 * @param base which weights they are merged into
 * @param adapters folders, in order; empty for adapter.path alone
 * @param combination how several become one first; empty: they are merged one after the other
 * @param weights one for each adapter, where they are combined; empty for 1 each
 * @param svdRank of a combination by SVD; empty for the highest of theirs
 * @param prompts a file with one probe prompt per line
 */
public record MergeSection(
    Base base,
    MergeMode mode,
    List<String> adapters,
    Optional<CombinationType> combination,
    List<Double> weights,
    Optional<Integer> svdRank,
    Optional<String> prompts) {

  /** Which weights adapters are merged into. */
  public enum Base {
    /** Those of the checkpoint, in 16 or 32 bits. */
    ORIGINAL,
    /** Those of a base in four bits, expanded; the merged model keeps their type of 16 bits. */
    DEQUANTIZED,
    /** The same, and the merged model is quantised again as the base was. */
    REQUANTIZED
  }

  static final Key<Base> BASE =
      Key.of(
          "merge.base",
          ValueTypes.oneOf(Base.class),
          Base.ORIGINAL,
          "What the adapter is added to: the checkpoint in 16 or 32 bits; or a base in four bits"
              + " (by its file or model.quantization), expanded; or that, quantised again, which"
              + " loses part of the adapter.");

  static final Key<MergeMode> MODE =
      Key.of(
              "merge.mode",
              ValueTypes.oneOf(MergeMode.class),
              MergeMode.MERGE,
              "merge rounds each sum once; safe_merge rounds what is added first, as PEFT's does;"
                  + " unmerge takes the adapters out of a merged model.")
          .as(PEFT);

  static final Key<List<String>> ADAPTERS =
      Key.of(
              "merge.adapters",
              ValueTypes.listOf(ValueTypes.TEXT),
              List.of(),
              "Folders of several adapters of one base, in the order in which they are merged;"
                  + " empty for adapter.path alone.")
          .input();

  static final Key<Optional<CombinationType>> COMBINATION_TYPE =
      Key.optional(
              "merge.combination_type",
              ValueTypes.oneOf(CombinationType.class),
              "none: one after the other",
              "How several adapters become one before it is merged: PEFT's add_weighted_adapter.")
          .as(PEFT);

  static final Key<List<Double>> WEIGHTS =
      Key.of(
              "merge.weights",
              ValueTypes.listOf(ValueTypes.NUMBER),
              List.of(),
              "A weight for each of merge.adapters that merge.combination_type combines; empty for"
                  + " 1 each.")
          .as(PEFT);

  static final Key<Optional<Integer>> SVD_RANK =
      Key.optional(
              "merge.svd_rank",
              ValueTypes.INTEGER,
              "the highest of theirs",
              "The rank of a combination of type svd.")
          .must("at least 1", rank -> rank.orElse(1) >= 1)
          .as(PEFT);

  static final Key<Optional<String>> PROMPTS =
      Key.optional(
              "merge.prompts",
              ValueTypes.TEXT,
              "a few of our own",
              "A text file with one prompt per line, on which merged and unmerged are compared.")
          .input();

  static final List<Key<?>> KEYS =
      List.of(BASE, MODE, ADAPTERS, COMBINATION_TYPE, WEIGHTS, SVD_RANK, PROMPTS);

  static MergeSection of(EffectiveRecipe recipe) {
    return new MergeSection(
        recipe.value(BASE),
        recipe.value(MODE),
        recipe.value(ADAPTERS),
        recipe.value(COMBINATION_TYPE),
        recipe.value(WEIGHTS),
        recipe.value(SVD_RANK),
        recipe.value(PROMPTS));
  }

  /**
   * The adapters' folders.
   *
   * @param alone the adapter if there is but one
   * @throws io.sparkpeft.base.SparkPeftException (78) if there is none
   */
  public List<Path> folders(AdapterSection alone) {
    return adapters.isEmpty()
        ? List.of(alone.requiredFolder())
        : adapters.stream().map(Location::folder).toList();
  }

  /** A weight for each of so many adapters. */
  public List<Double> weights(int adapterCount) {
    if (weights.isEmpty()) {
      return Collections.nCopies(adapterCount, 1.0);
    }
    if (weights.size() != adapterCount) {
      throw RecipeErrors.otherCount(WEIGHTS, weights.size(), adapterCount);
    }
    return weights;
  }

  /** The file of probe prompts. */
  public Optional<Path> promptFile() {
    return prompts.map(Location::folder);
  }
}
