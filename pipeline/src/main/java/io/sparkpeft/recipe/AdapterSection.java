package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.PEFT;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.PeftType;
import io.sparkpeft.base.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

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
              "The kind of adapter. BOTTLENECK is LLM-Adapters' (arXiv:2304.01933); PEFT has none.")
          .as(PEFT);

  static final Key<Optional<TextOrList>> TARGET_MODULES =
      Key.optional(
              "adapter.target_modules",
              ValueTypes.TEXT_OR_LIST,
              "PEFT's for the method and the base's architecture (LoRA on LLaMA: q_proj, v_proj)",
              "The linear layers that get an adapter: the ends of their names, or one regular"
                  + " expression for whole names, or all-linear (every one but lm_head; with LoRA"
                  + " experts and routers among them).")
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

  private static final List<Key<?>> COMMON = List.of(PEFT_TYPE, MODULES_TO_SAVE);
  private static final List<Key<?>> MODULES = List.of(TARGET_MODULES, EXCLUDE_MODULES);
  private static final List<Key<?>> LAYERS = List.of(LAYERS_TO_TRANSFORM, LAYERS_PATTERN);

  static final List<Key<?>> KEYS =
      joined(
          List.of(
              List.of(PEFT_TYPE),
              MODULES,
              LAYERS,
              COMMON,
              LoraSection.KEYS,
              VbLoraSection.KEYS,
              Ia3Section.KEYS,
              PrefixTuningSection.KEYS,
              BottleneckSection.KEYS,
              List.of(PATH)));

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
    return switch (type) {
      case LORA -> joined(List.of(COMMON, MODULES, LAYERS, LoraSection.KEYS));
      case VBLORA -> joined(List.of(COMMON, MODULES, LAYERS, VbLoraSection.KEYS));
      case IA3 -> joined(List.of(COMMON, MODULES, Ia3Section.KEYS));
      case PREFIX_TUNING -> joined(List.of(COMMON, PrefixTuningSection.KEYS));
      case BOTTLENECK -> joined(List.of(COMMON, List.of(TARGET_MODULES), BottleneckSection.KEYS));
    };
  }

  private static List<Key<?>> joined(List<List<Key<?>>> lists) {
    return lists.stream().<Key<?>>flatMap(List::stream).distinct().toList();
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
