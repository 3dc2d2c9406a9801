package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
    return LoraTargets.resolved(targeted, base);
  }

  /** As in PEFT on mixtures, target_parameters alone are a choice too: no module then. */
  @Override
  public Optional<ModuleSelector> targetModules() {
    boolean areParametersAll = super.targetModules().isEmpty() && !targetParameters().isEmpty();
    return areParametersAll
        ? Optional.of(new ModuleSelector.Names(List.of()))
        : super.targetModules();
  }

  @Override
  public AdapterShape shape(BaseModel base) {
    LoraParts parts = LoraParts.of(this, base);
    return new AdapterShape(
        parts.modules(dropout(), base),
        parts.stacks().stream().map(LoraStackTarget::adapted).toList(),
        parts.others(base),
        parts.trained(),
        parts.saved());
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

  /** The ends of names of the base's parameters that are adapted. */
  public List<String> targetParameters() {
    return PeftKeys.texts(key("target_parameters"));
  }

  /** Scaling alpha / sqrt(r) instead of alpha / r. (Kalajdzievski 2023, arXiv:2312.03732.) */
  public boolean useRslora() {
    return key("use_rslora").booleanValue();
  }

  public LoraInit initLoraWeights() {
    return LoraInit.of(key("init_lora_weights"));
  }

  /** Rounds of the power method that {@link LoraInit#PISSA_NITER} takes. */
  int pissaIterations() {
    return LoraInit.iterations(key("init_lora_weights"));
  }

  /** What is trained of each adapted module beside A and B: use_dora and lora_bias. */
  public LoraExtra extra() {
    if (key("use_dora").booleanValue()) {
      return LoraExtra.MAGNITUDE;
    }
    return key("lora_bias").booleanValue() ? LoraExtra.BIAS : LoraExtra.NONE;
  }

  /** Whether a head that is tied to its embedding follows what is done to that. */
  public boolean ensureWeightTying() {
    return key("ensure_weight_tying").booleanValue();
  }

  TrainedTensor.Bias bias() {
    return TrainedTensor.Bias.of(key("bias"), "lora_only");
  }

  /** Without loftq, which PEFT would begin again when it loads the adapter. */
  LoraConfig begun() {
    return initLoraWeights() == LoraInit.LOFTQ ? with("init_lora_weights", true) : this;
  }

  /**
   * The configuration of what this adapter is saved as, where it began as a part of its base: plain
   * LoRA of twice the rank on the unchanged base, with the same scaling. It is PEFT's own
   * conversion (path_initial_model_for_weight_conversion), here with rsLoRA's patterns too.
   */
  LoraConfig converted() {
    double growth = useRslora() ? Math.sqrt(2) : 2;
    Map<String, Integer> ranks = new LinkedHashMap<>();
    rankPattern().forEach((key, r) -> ranks.put(key, 2 * r));
    Map<String, Double> alphas = new LinkedHashMap<>();
    alphaPattern().forEach((key, alpha) -> alphas.put(key, growth * alpha));
    return with("init_lora_weights", true)
        .with("r", 2 * r())
        .with("lora_alpha", growth * loraAlpha())
        .with("rank_pattern", ranks)
        .with("alpha_pattern", alphas);
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
