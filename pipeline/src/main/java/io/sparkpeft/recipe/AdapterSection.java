package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.PEFT;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.PeftType;
import io.sparkpeft.base.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The adapter: the keys that PEFT's methods share, and the folder of one to read. Each method has
 * keys of its own, in {@link LoraSection} and its like.
 *
 * <p>The defaults hold for an adapter that a recipe makes. They never fill gaps in an
 * adapter_config.json that is read: there PEFT's own defaults hold.
 */
public record AdapterSection(PeftType peftType, Optional<String> path) {
  private static final String PREFIX = "adapter.";

  static final Key<PeftType> PEFT_TYPE =
      Key.of(
              "adapter.peft_type",
              ValueTypes.oneOfCapitals(PeftType.class),
              PeftType.LORA,
              "The kind of adapter.")
          .as(PEFT);

  static final Key<TextOrList> TARGET_MODULES =
      Key.of(
              "adapter.target_modules",
              ValueTypes.TEXT_OR_LIST,
              TextOrList.of("q_proj", "v_proj"),
              "The linear layers that get an adapter: the ends of their names, or one regular"
                  + " expression for whole names, or all-linear (every one but lm_head).")
          .as(PEFT);

  static final Key<Optional<TextOrList>> EXCLUDE_MODULES =
      Key.optional(
              "adapter.exclude_modules",
              ValueTypes.TEXT_OR_LIST,
              "none",
              "Layers that get none although target_modules matches them.")
          .as(PEFT);

  static final Key<Optional<List<Integer>>> LAYERS_TO_TRANSFORM =
      Key.optional(
              "adapter.layers_to_transform",
              ValueTypes.listOf(ValueTypes.INTEGER),
              "all layers",
              "Only the layers of these indices.")
          .must("a list of indices from 0", l -> l.orElse(List.of()).stream().allMatch(i -> i >= 0))
          .as(PEFT);

  static final Key<Optional<List<String>>> LAYERS_PATTERN =
      Key.optional(
              "adapter.layers_pattern",
              ValueTypes.listOf(ValueTypes.TEXT),
              "the common names",
              "The name of the list of layers, where layers_to_transform is given and the model's"
                  + " is not one of the common names.")
          .as(PEFT);

  static final Key<Optional<List<String>>> MODULES_TO_SAVE =
      Key.optional(
              "adapter.modules_to_save",
              ValueTypes.listOf(ValueTypes.TEXT),
              "none",
              "Modules trained and saved whole beside the adapter.")
          .as(PEFT);

  static final Key<Optional<String>> PATH =
      Key.optional(
              "adapter.path",
              ValueTypes.TEXT,
              "none",
              "Folder of an adapter to read. In finetune a warm start: its own configuration holds,"
                  + " and a key set otherwise is refused.")
          .input();

  private static final List<Key<?>> COMMON =
      List.of(
          PEFT_TYPE,
          TARGET_MODULES,
          EXCLUDE_MODULES,
          LAYERS_TO_TRANSFORM,
          LAYERS_PATTERN,
          MODULES_TO_SAVE);

  static final List<Key<?>> KEYS =
      Stream.of(COMMON, LoraSection.KEYS, VbLoraSection.KEYS, List.of(PATH))
          .<Key<?>>flatMap(List::stream)
          .distinct()
          .toList();

  static AdapterSection of(EffectiveRecipe recipe) {
    AdapterSection section = new AdapterSection(recipe.value(PEFT_TYPE), recipe.value(PATH));
    section.refuseKeysOfOtherMethods(recipe);
    return section;
  }

  private void refuseKeysOfOtherMethods(EffectiveRecipe recipe) {
    KEYS.stream()
        .filter(key -> isOfOtherMethod(key, peftType) && recipe.isSet(key))
        .findFirst()
        .ifPresent(
            key -> {
              throw RecipeErrors.ofOtherMethod(key, recipe.origin(key), peftType);
            });
  }

  /** Whether it is an adapter's key, but not one of adapters of that type. */
  static boolean isOfOtherMethod(Key<?> key, PeftType type) {
    return KEYS.contains(key) && !key.equals(PATH) && !keysOf(type).contains(key);
  }

  private static List<Key<?>> keysOf(PeftType type) {
    List<Key<?>> own =
        switch (type) {
          case LORA -> LoraSection.KEYS;
          case VBLORA -> VbLoraSection.KEYS;
        };
    return Stream.of(COMMON, own).<Key<?>>flatMap(List::stream).toList();
  }

  /** PEFT's settings of an adapter that a recipe makes, by PEFT's names. */
  static ObjectNode settings(EffectiveRecipe recipe, Predicate<Key<?>> which) {
    ObjectNode settings = Json.object();
    keysOf(recipe.value(PEFT_TYPE)).stream()
        .filter(which)
        .forEach(key -> settings.set(key.name().substring(PREFIX.length()), recipe.json(key)));
    return settings;
  }

  /** The adapter to read, if one is named. */
  public Optional<Path> folder() {
    return path.map(Location::folder);
  }

  /** The adapter that a job cannot do without. */
  public Path requiredFolder() {
    return folder().orElseThrow(() -> RecipeErrors.notSet(PATH));
  }
}
