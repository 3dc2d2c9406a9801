package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.PEFT;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * PEFT's LoraConfig, key by key, and the folder of an adapter to read.
 *
 * <p>The defaults hold for an adapter that a recipe makes. They never fill gaps in an
 * adapter_config.json that is read: there PEFT's own defaults hold.
 */
public record AdapterSection(
    PeftType peftType,
    int r,
    double loraAlpha,
    double loraDropout,
    TextOrList targetModules,
    Optional<TextOrList> excludeModules,
    Map<String, Integer> rankPattern,
    Map<String, Double> alphaPattern,
    boolean useRslora,
    InitLoraWeights initLoraWeights,
    Bias bias,
    Optional<List<Integer>> layersToTransform,
    Optional<List<String>> layersPattern,
    Optional<List<String>> modulesToSave,
    Optional<String> path) {

  /** The kind of adapter. */
  public enum PeftType {
    LORA
  }

  /** How A begins; B begins with zeros unless this is {@code false}. */
  public enum InitLoraWeights {
    /** PEFT's default: A from Kaiming's uniform distribution. */
    TRUE,
    GAUSSIAN,
    /** A and B both random, so that the untrained adapter changes the model: for tests. */
    FALSE
  }

  /** Which biases are trained. */
  public enum Bias {
    NONE,
    ALL,
    LORA_ONLY
  }

  static final Key<PeftType> PEFT_TYPE =
      Key.of(
              "adapter.peft_type",
              ValueTypes.oneOfCapitals(PeftType.class),
              PeftType.LORA,
              "The kind of adapter.")
          .as(PEFT);

  static final Key<Integer> R =
      Key.of("adapter.r", ValueTypes.INTEGER, 8, "Rank of the matrices A and B.")
          .must("at least 1", r -> r >= 1)
          .as(PEFT);

  static final Key<Double> LORA_ALPHA =
      Key.of(
              "adapter.lora_alpha",
              ValueTypes.NUMBER,
              16.0,
              "B A is scaled by alpha / r (by alpha / sqrt(r) with use_rslora); usually 2 r.")
          .must("more than 0", alpha -> alpha > 0)
          .as(PEFT);

  static final Key<Double> LORA_DROPOUT =
      Key.of(
              "adapter.lora_dropout",
              ValueTypes.NUMBER,
              0.05,
              "Probability of dropping an input of A while training.")
          .must("at least 0 and less than 1", p -> p >= 0 && p < 1)
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

  static final Key<Map<String, Integer>> RANK_PATTERN =
      Key.of(
              "adapter.rank_pattern",
              ValueTypes.mapOf(ValueTypes.INTEGER),
              Map.of(),
              "Another rank for layers whose names end so (or match so).")
          .must("a map to ranks of at least 1", m -> m.values().stream().allMatch(r -> r >= 1))
          .as(PEFT);

  static final Key<Map<String, Double>> ALPHA_PATTERN =
      Key.of(
              "adapter.alpha_pattern",
              ValueTypes.mapOf(ValueTypes.NUMBER),
              Map.of(),
              "Another alpha for layers whose names end so (or match so).")
          .must("a map to numbers above 0", m -> m.values().stream().allMatch(a -> a > 0))
          .as(PEFT);

  static final Key<Boolean> USE_RSLORA =
      Key.of(
              "adapter.use_rslora",
              ValueTypes.BOOLEAN,
              false,
              "Scale by alpha / sqrt(r) (arXiv:2312.03732).")
          .as(PEFT);

  static final Key<InitLoraWeights> INIT_LORA_WEIGHTS =
      Key.of(
              "adapter.init_lora_weights",
              ValueTypes.oneOf(InitLoraWeights.class),
              InitLoraWeights.TRUE,
              "How A begins: true is Kaiming's uniform, gaussian is normal with deviation 1 / r;"
                  + " B is zero. false draws both.")
          .as(PEFT);

  static final Key<Bias> BIAS =
      Key.of("adapter.bias", ValueTypes.oneOf(Bias.class), Bias.NONE, "Which biases are trained.")
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

  static final List<Key<?>> KEYS =
      List.of(
          PEFT_TYPE,
          R,
          LORA_ALPHA,
          LORA_DROPOUT,
          TARGET_MODULES,
          EXCLUDE_MODULES,
          RANK_PATTERN,
          ALPHA_PATTERN,
          USE_RSLORA,
          INIT_LORA_WEIGHTS,
          BIAS,
          LAYERS_TO_TRANSFORM,
          LAYERS_PATTERN,
          MODULES_TO_SAVE,
          PATH);

  static AdapterSection of(EffectiveRecipe recipe) {
    return new AdapterSection(
        recipe.value(PEFT_TYPE),
        recipe.value(R),
        recipe.value(LORA_ALPHA),
        recipe.value(LORA_DROPOUT),
        recipe.value(TARGET_MODULES),
        recipe.value(EXCLUDE_MODULES),
        recipe.value(RANK_PATTERN),
        recipe.value(ALPHA_PATTERN),
        recipe.value(USE_RSLORA),
        recipe.value(INIT_LORA_WEIGHTS),
        recipe.value(BIAS),
        recipe.value(LAYERS_TO_TRANSFORM),
        recipe.value(LAYERS_PATTERN),
        recipe.value(MODULES_TO_SAVE),
        recipe.value(PATH));
  }

  /** PEFT's settings of an adapter that a recipe makes, by PEFT's names. */
  static ObjectNode settings(EffectiveRecipe recipe, Predicate<Key<?>> which) {
    ObjectNode settings = Json.object();
    for (Key<?> key : KEYS) {
      if (!key.equals(PATH) && which.test(key)) {
        settings.set(key.name().substring("adapter.".length()), recipe.json(key));
      }
    }
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
