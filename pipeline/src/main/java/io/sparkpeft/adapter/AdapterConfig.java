package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A configuration of PEFT's: every key that PEFT 0.21.2 writes for its method, under its name and
 * with its default. Immutable; equal where all keys are.
 *
 * <p>A setting that we do not implement is refused by its name as soon as it differs from its
 * default, so a configuration that exists can be trained and loaded.
 */
public abstract sealed class AdapterConfig
    permits LoraConfig, VbLoraConfig, Ia3Config, PrefixTuningConfig, BottleneckConfig {
  private final ObjectNode keys;

  /**
   * @param keys all of the method's, checked; never changed afterwards
   */
  AdapterConfig(ObjectNode keys) {
    this.keys = keys;
  }

  /**
   * PEFT's defaults with these of its keys set. Use it for a new adapter.
   *
   * @param settings PEFT's keys, say {@code {"r": 16, "target_modules": ["q_proj"]}}; {@code
   *     peft_type} says whose, LoRA's if it is left out
   * @throws io.sparkpeft.base.SparkPeftException (78) for a key that is unknown, not implemented or
   *     of a wrong type, and for settings that contradict each other
   */
  public static AdapterConfig of(JsonNode settings) {
    String source = "the adapter's settings";
    PeftType type =
        settings.has("peft_type")
            ? PeftType.of(settings.get("peft_type"), source, ExitCode.CONFIGURATION)
            : PeftType.LORA;
    return type.config(type.keys(source, ExitCode.CONFIGURATION).checked(settings));
  }

  /**
   * Reads adapter_config.json. What the file leaves out has PEFT's default. A key that PEFT 0.21.2
   * does not know is passed over if it is empty (null, false, 0, "", [], {}), else refused.
   *
   * @param folder of the adapter
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such file, (65) if it is
   *     broken, of a method that we do not know, or asks for what we do not implement
   */
  public static AdapterConfig read(Path folder) {
    ObjectNode given = AdapterFiles.readConfig(folder);
    String source = folder.resolve(AdapterFiles.CONFIG).toString();
    PeftType type = PeftType.of(given.get("peft_type"), source, ExitCode.DATA);
    return type.config(type.keys(source, ExitCode.DATA).checkedFile(given));
  }

  /**
   * The same for an adapter that is to be trained on.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) too if its file does not hold all that was
   *     trained
   */
  public static AdapterConfig readToTrain(Path folder) {
    AdapterConfig config = read(folder);
    config
        .whyNotTrained()
        .ifPresent(
            why -> {
              throw AdapterErrors.notToTrainOn(folder, why);
            });
    return config;
  }

  /**
   * The configuration as PEFT leaves it once an adapter is made for a model, which is what it
   * writes: what depends on the base is filled in.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if it has no targets and the architecture has
   *     no default
   */
  public abstract AdapterConfig resolvedFor(BaseModel base);

  /**
   * What an adapter of this configuration, resolved, consists of.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if it does not fit the base
   */
  public abstract AdapterShape shape(BaseModel base);

  /** How many virtual tokens stand before every text. */
  public int virtualTokens() {
    return 0;
  }

  /** The probability of dropping an input of what is added to a layer; 0 for none. */
  public abstract double dropout();

  /** What keeps an adapter out of a file of this kind from being trained on, if anything does. */
  public Optional<String> whyNotTrained() {
    return Optional.empty();
  }

  /** What keeps it from being merged into its base; empty if nothing does. */
  public Optional<String> whyNotMerged() {
    return Optional.empty();
  }

  /** The kind of adapter. */
  public PeftType peftType() {
    return PeftType.valueOf(keys.get("peft_type").textValue());
  }

  /** This configuration with one of PEFT's keys set to a number, text, list, map or null-like. */
  public AdapterConfig with(String key, Object value) {
    ObjectNode changed = keys.deepCopy();
    changed.set(key, Json.tree(value));
    return of(changed);
  }

  /** This configuration with several of PEFT's keys set. */
  public AdapterConfig withAll(JsonNode settings) {
    ObjectNode changed = keys.deepCopy();
    settings.properties().forEach(field -> changed.set(field.getKey(), field.getValue()));
    return of(changed);
  }

  /** What is adapted; empty stands for the architecture's default. */
  public Optional<ModuleSelector> targetModules() {
    return ModuleSelector.of(keys.path("target_modules"));
  }

  /** What is not adapted even if targeted. */
  public Optional<ModuleSelector> excludeModules() {
    return ModuleSelector.of(keys.path("exclude_modules"));
  }

  /** Layers whose modules are adapted; all if empty. */
  public List<Integer> layersToTransform() {
    return PeftKeys.integers(keys.path("layers_to_transform"));
  }

  /** Names of the segment before a layer's number; any if empty. */
  public List<String> layersPattern() {
    return PeftKeys.texts(keys.path("layers_pattern"));
  }

  /** Modules that are trained and saved whole, by the ends of their paths. */
  public List<String> modulesToSave() {
    return PeftKeys.texts(keys.path("modules_to_save"));
  }

  public Optional<String> baseModelNameOrPath() {
    return Optional.ofNullable(keys.get("base_model_name_or_path").textValue());
  }

  /** CAUSAL_LM and its like; a file need not have one. */
  public Optional<String> taskType() {
    return Optional.ofNullable(keys.get("task_type").textValue());
  }

  /**
   * This configuration as an adapter's folder holds it.
   *
   * @param baseModelName the base, if none is named yet
   */
  public AdapterConfig savedFor(String baseModelName) {
    AdapterConfig named =
        baseModelNameOrPath().isPresent() ? this : with("base_model_name_or_path", baseModelName);
    // PEFT records the class of the base where there is no task type.
    boolean placed = named.taskType().isPresent() || !keys.get("auto_mapping").isNull();
    return placed ? named : named.with("task_type", "CAUSAL_LM");
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
    return PythonJson.dumps(PeftKeys.withSortedSets(written));
  }

  /** The keys in which two configurations differ, sorted; bookkeeping keys do not count. */
  public Collection<String> differencesFrom(AdapterConfig other) {
    Collection<String> names = new TreeSet<>();
    ObjectNode others = other.comparable();
    for (Map.Entry<String, JsonNode> field : comparable().properties()) {
      if (!field.getValue().equals(others.get(field.getKey()))) {
        names.add(field.getKey());
      }
    }
    return names;
  }

  private ObjectNode comparable() {
    return PeftKeys.withoutBookkeeping(sorted());
  }

  private ObjectNode sorted() {
    return PeftKeys.withSortedSets(keys.deepCopy());
  }

  final JsonNode key(String name) {
    return keys.get(name);
  }

  @Override
  public final boolean equals(Object other) {
    return other instanceof AdapterConfig config && sorted().equals(config.sorted());
  }

  @Override
  public final int hashCode() {
    return sorted().hashCode();
  }

  @Override
  public final String toString() {
    return getClass().getSimpleName() + Json.compact(keys);
  }
}
