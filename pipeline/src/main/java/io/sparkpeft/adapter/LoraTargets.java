package io.sparkpeft.adapter;

import io.sparkpeft.adapter.ModuleSelector.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** PEFT's rules on which modules LoRA adapts, and with which rank and alpha. */
public final class LoraTargets {
  private LoraTargets() {}

  /**
   * The adapted modules, in the order given.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if nothing is targeted, or an embedding is
   */
  public static List<LoraTarget> match(LoraConfig config, List<LinearModule> modules) {
    return targets(config, TargetModules.match(config, modules));
  }

  /**
   * The same in a base whose embedding LoRA may adapt too.
   *
   * @param areOthersAdapted whether something else is, so that no layer needs to be
   * @throws io.sparkpeft.base.SparkPeftException (78) too if experts are meant
   */
  static List<LoraTarget> match(LoraConfig config, BaseModel base, boolean areOthersAdapted) {
    base.mixture().ifPresent(mixture -> MixtureTargets.requireFrozen(config, base, mixture));
    Optional<String> embedding = Optional.of(base.embedding().name());
    return targets(
        config,
        areOthersAdapted
            ? TargetModules.matching(config, base.linearModules(), embedding)
            : TargetModules.match(config, base.linearModules(), embedding));
  }

  private static List<LoraTarget> targets(LoraConfig config, List<LinearModule> modules) {
    return modules.stream().map(module -> target(config, module)).toList();
  }

  /** The embedding, if it is adapted. */
  static Optional<LoraEmbeddingTarget> embedding(LoraConfig config, BaseModel base) {
    BaseModel.EmbeddingModule module = base.embedding();
    if (!TargetModules.adapts(config, module.name())) {
      return Optional.empty();
    }
    if (config.extra() == LoraExtra.BIAS) {
      throw AdapterErrors.contradiction(
          "lora_bias", "LoRA on " + module.name() + ", an embedding, has no bias.");
    }
    LoraTarget like =
        target(config, new LinearModule(module.name(), module.vocabulary(), module.width()));
    boolean isDecomposed = config.extra() == LoraExtra.MAGNITUDE;
    return Optional.of(new LoraEmbeddingTarget(module, like.r(), like.scaling(), isDecomposed));
  }

  /**
   * Names of target_modules, and keys of rank_pattern and alpha_pattern, that concern no module.
   * PEFT passes over them; most often they are mistyped.
   *
   * @return each with the setting it stands in, as {@code target_modules: q_prj}
   */
  public static List<String> unused(LoraConfig config, List<LinearModule> modules) {
    List<String> unused = new ArrayList<>();
    if (config.targetModules().orElse(null) instanceof Names names) {
      names.names().stream()
          .filter(
              name -> modules.stream().noneMatch(m -> new Names(List.of(name)).matches(m.name())))
          .forEach(name -> unused.add("target_modules: " + name));
    }
    unused.addAll(unusedPatterns("rank_pattern", config.rankPattern(), config, modules));
    unused.addAll(unusedPatterns("alpha_pattern", config.alphaPattern(), config, modules));
    return unused;
  }

  private static List<String> unusedPatterns(
      String setting, Map<String, ?> patterns, LoraConfig config, List<LinearModule> modules) {
    return patterns.keySet().stream()
        .filter(
            key ->
                modules.stream()
                    .filter(module -> TargetModules.adapts(config, module.name()))
                    .noneMatch(module -> concerns(key, module.name())))
        .map(key -> setting + ": " + key)
        .toList();
  }

  static LoraTarget target(LoraConfig config, LinearModule module) {
    int r = firstHit(config.rankPattern(), module.name()).orElse(config.r());
    double alpha = firstHit(config.alphaPattern(), module.name()).orElse(config.loraAlpha());
    double scaling = config.useRslora() ? alpha / Math.sqrt(r) : alpha / r;
    return new LoraTarget(module, r, alpha, scaling, config.extra());
  }

  private static <T> Optional<T> firstHit(Map<String, T> patterns, String path) {
    return patterns.entrySet().stream()
        .filter(entry -> concerns(entry.getKey(), path))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  static boolean concerns(String patternKey, String path) {
    return PythonPattern.compile("(.*\\.)?(" + patternKey + ")$").matcher(path).lookingAt();
  }

  /** As {@link TargetModules#resolved}, tied weights followed. */
  static LoraConfig resolved(LoraConfig config, BaseModel base) {
    LoraConfig tied = TiedWeights.followed(config, base);
    return (LoraConfig) TargetModules.resolved(tied, base);
  }

  /**
   * LoRA of a tied head that follows the embedding's: its A is the embedding's B transposed, its B
   * the embedding's A, its alpha the head's own.
   */
  static LoraTarget tiedHead(LoraConfig config, BaseModel base) {
    BaseModel.EmbeddingModule module = base.embedding();
    return target(config, new LinearModule(BaseWeights.HEAD, module.width(), module.vocabulary()));
  }
}
