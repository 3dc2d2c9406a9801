package io.sparkpeft.adapter;

import static io.sparkpeft.base.ExitCode.CONFIGURATION;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * PEFT's LoraConfig: every key that PEFT 0.21.2 writes, under its name and with its default (r 8,
 * lora_alpha 8, lora_dropout 0). Immutable; equal where all keys are.
 *
 * <p>A setting that we do not implement (use_dora, modules_to_save, ...) is refused by its name as
 * soon as it differs from its default, so a configuration that exists can be trained and loaded.
 */
public final class LoraConfig {
  private final ObjectNode keys;

  private LoraConfig(ObjectNode keys) {
    this.keys = keys;
  }

  /** PEFT's defaults. */
  public static LoraConfig defaults() {
    return new LoraConfig(LoraKeys.defaults());
  }

  /**
   * PEFT's defaults with these of its keys set. Use it for a new adapter.
   *
   * @param settings PEFT's keys, say {@code {"r": 16, "target_modules": ["q_proj"]}}
   * @throws io.sparkpeft.base.SparkPeftException (78) for a key that is unknown, not implemented or
   *     of a wrong type, and for settings that contradict each other
   */
  public static LoraConfig of(JsonNode settings) {
    return new LoraConfig(new LoraKeys("the adapter's settings", CONFIGURATION).checked(settings));
  }

  /**
   * Reads adapter_config.json. What the file leaves out has PEFT's default. A key that PEFT 0.21.2
   * does not know is passed over if it is empty (null, false, 0, "", [], {}), else refused.
   *
   * @param folder of the adapter
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such file, (65) if it is
   *     broken, of another method than LoRA, or asks for what we do not implement
   */
  public static LoraConfig read(Path folder) {
    return new LoraConfig(AdapterFiles.readConfig(folder));
  }

  /** This configuration with one of PEFT's keys set to a number, text, list, map or null-like. */
  public LoraConfig with(String key, Object value) {
    ObjectNode changed = keys.deepCopy();
    changed.set(key, Json.tree(value));
    return of(changed);
  }

  /** This configuration with several of PEFT's keys set. */
  public LoraConfig withAll(JsonNode settings) {
    ObjectNode changed = keys.deepCopy();
    settings.properties().forEach(field -> changed.set(field.getKey(), field.getValue()));
    return of(changed);
  }

  /**
   * The configuration as PEFT leaves it once an adapter is made for a model, which is what it
   * writes: the architecture's default targets in place of none, the modules' names in place of
   * "all-linear", and twenty names or more condensed to the suffixes that tell them apart.
   *
   * @param modelType of the base's config.json
   * @param modules all linear modules of the base
   * @throws io.sparkpeft.base.SparkPeftException (78) if it has no targets and the architecture has
   *     no default
   */
  public LoraConfig resolvedFor(String modelType, List<LinearModule> modules) {
    LoraConfig targeted =
        targetModules().isPresent()
            ? this
            : with("target_modules", LoraDefaultTargets.of(modelType));
    return LoraTargets.resolved(targeted, modules);
  }

  /** The rank of A and B where {@link #rankPattern} says nothing else. */
  public int r() {
    return keys.get("r").intValue();
  }

  public double loraAlpha() {
    return keys.get("lora_alpha").doubleValue();
  }

  /** The probability of dropping an input element while training, in [0, 1). */
  public double loraDropout() {
    return keys.get("lora_dropout").doubleValue();
  }

  /** Scaling alpha / sqrt(r) instead of alpha / r. (Kalajdzievski 2023, arXiv:2312.03732.) */
  public boolean useRslora() {
    return keys.get("use_rslora").booleanValue();
  }

  public LoraInit initLoraWeights() {
    return LoraInit.of(keys.get("init_lora_weights"));
  }

  /** What is adapted; empty stands for the architecture's default. */
  public Optional<ModuleSelector> targetModules() {
    return ModuleSelector.of(keys.get("target_modules"));
  }

  /** What is not adapted even if targeted. */
  public Optional<ModuleSelector> excludeModules() {
    return ModuleSelector.of(keys.get("exclude_modules"));
  }

  /** Layers whose modules are adapted; all if empty. */
  public List<Integer> layersToTransform() {
    return LoraKeys.integers(keys.get("layers_to_transform"));
  }

  /** Names of the segment before a layer's number; any if empty. */
  public List<String> layersPattern() {
    return LoraKeys.texts(keys.get("layers_pattern"));
  }

  /** Ranks of single modules, tried in order. */
  public Map<String, Integer> rankPattern() {
    Map<String, Integer> result = new LinkedHashMap<>();
    keys.get("rank_pattern")
        .properties()
        .forEach(e -> result.put(e.getKey(), e.getValue().intValue()));
    return result;
  }

  /** Alphas of single modules, tried in order. */
  public Map<String, Double> alphaPattern() {
    Map<String, Double> result = new LinkedHashMap<>();
    keys.get("alpha_pattern")
        .properties()
        .forEach(e -> result.put(e.getKey(), e.getValue().doubleValue()));
    return result;
  }

  public Optional<String> baseModelNameOrPath() {
    return Optional.ofNullable(keys.get("base_model_name_or_path").textValue());
  }

  /** CAUSAL_LM and its like; a file need not have one. */
  public Optional<String> taskType() {
    return Optional.ofNullable(keys.get("task_type").textValue());
  }

  /** Whether the class of its base is recorded, as PEFT does where there is no task type. */
  boolean hasAutoMapping() {
    return !keys.get("auto_mapping").isNull();
  }

  /** A copy of all of PEFT's keys and their values. */
  public ObjectNode toJson() {
    return keys.deepCopy();
  }

  /**
   * The text of adapter_config.json, byte for byte as PEFT writes it, its sets sorted (PEFT leaves
   * their order to chance).
   */
  public String fileText() {
    ObjectNode written = keys.deepCopy();
    written.put("inference_mode", true);
    return PythonJson.dumps(LoraKeys.withSortedSets(written));
  }

  /** The keys in which two configurations differ, sorted; bookkeeping keys do not count. */
  public Collection<String> differencesFrom(LoraConfig other) {
    Collection<String> names = new TreeSet<>();
    for (Map.Entry<String, JsonNode> field : comparable().properties()) {
      if (!field.getValue().equals(other.comparable().get(field.getKey()))) {
        names.add(field.getKey());
      }
    }
    return names;
  }

  private ObjectNode comparable() {
    return LoraKeys.withoutBookkeeping(LoraKeys.withSortedSets(keys.deepCopy()));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LoraConfig config
        && LoraKeys.withSortedSets(keys.deepCopy())
            .equals(LoraKeys.withSortedSets(config.keys.deepCopy()));
  }

  @Override
  public int hashCode() {
    return LoraKeys.withSortedSets(keys.deepCopy()).hashCode();
  }

  @Override
  public String toString() {
    return "LoraConfig" + Json.compact(keys);
  }
}
