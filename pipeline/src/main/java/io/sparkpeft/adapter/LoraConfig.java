package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** PEFT's LoraConfig (r 8, lora_alpha 8, lora_dropout 0 unless set otherwise). */
public final class LoraConfig extends AdapterConfig {
  LoraConfig(ObjectNode keys) {
    super(keys);
  }

  /** PEFT's defaults. */
  public static LoraConfig defaults() {
    return of(Json.object());
  }

  /** As {@link AdapterConfig#of}, of LoRA. */
  public static LoraConfig of(JsonNode settings) {
    return (LoraConfig) AdapterConfig.of(settings);
  }

  /** As {@link AdapterConfig#read}, of LoRA. */
  public static LoraConfig read(Path folder) {
    return (LoraConfig) AdapterConfig.read(folder);
  }

  @Override
  public LoraConfig with(String key, Object value) {
    return (LoraConfig) super.with(key, value);
  }

  @Override
  public LoraConfig withAll(JsonNode settings) {
    return (LoraConfig) super.withAll(settings);
  }

  /**
   * With the architecture's default targets in place of none, the modules' names in place of
   * "all-linear", and twenty names or more condensed to the suffixes that tell them apart.
   */
  @Override
  public LoraConfig resolvedFor(BaseModel base) {
    LoraConfig targeted =
        targetModules().isPresent()
            ? this
            : with("target_modules", LoraDefaultTargets.of(base.modelType()));
    return LoraTargets.resolved(targeted, base.linearModules());
  }

  @Override
  public AdapterShape shape(BaseModel base) {
    List<LoraTarget> targets = LoraTargets.match(this, base.linearModules());
    return new AdapterShape(
        targets.stream().map(target -> target.adapted(dropout())).toList(),
        targets.stream().flatMap(target -> target.entries().stream()).toList());
  }

  @Override
  public double dropout() {
    return loraDropout();
  }

  /** The rank of A and B where {@link #rankPattern} says nothing else. */
  public int r() {
    return key("r").intValue();
  }

  public double loraAlpha() {
    return key("lora_alpha").doubleValue();
  }

  /** The probability of dropping an input element while training, in [0, 1). */
  public double loraDropout() {
    return key("lora_dropout").doubleValue();
  }

  /** Scaling alpha / sqrt(r) instead of alpha / r. (Kalajdzievski 2023, arXiv:2312.03732.) */
  public boolean useRslora() {
    return key("use_rslora").booleanValue();
  }

  public LoraInit initLoraWeights() {
    return LoraInit.of(key("init_lora_weights"));
  }

  /** Ranks of single modules, tried in order. */
  public Map<String, Integer> rankPattern() {
    Map<String, Integer> result = new LinkedHashMap<>();
    key("rank_pattern").properties().forEach(e -> result.put(e.getKey(), e.getValue().intValue()));
    return result;
  }

  /** Alphas of single modules, tried in order. */
  public Map<String, Double> alphaPattern() {
    Map<String, Double> result = new LinkedHashMap<>();
    key("alpha_pattern")
        .properties()
        .forEach(e -> result.put(e.getKey(), e.getValue().doubleValue()));
    return result;
  }
}
