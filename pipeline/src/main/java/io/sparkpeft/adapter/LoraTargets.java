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
    return TargetModules.match(config, modules).stream()
        .map(module -> target(config, module))
        .toList();
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

  private static LoraTarget target(LoraConfig config, LinearModule module) {
    int r = firstHit(config.rankPattern(), module.name()).orElse(config.r());
    double alpha = firstHit(config.alphaPattern(), module.name()).orElse(config.loraAlpha());
    double scaling = config.useRslora() ? alpha / Math.sqrt(r) : alpha / r;
    return new LoraTarget(module, r, alpha, scaling);
  }

  private static <T> Optional<T> firstHit(Map<String, T> patterns, String path) {
    return patterns.entrySet().stream()
        .filter(entry -> concerns(entry.getKey(), path))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static boolean concerns(String patternKey, String path) {
    return PythonPattern.compile("(.*\\.)?(" + patternKey + ")$").matcher(path).lookingAt();
  }

  /** As {@link TargetModules#resolved}. */
  static LoraConfig resolved(LoraConfig config, List<LinearModule> modules) {
    return (LoraConfig) TargetModules.resolved(config, modules);
  }
}
