package io.sparkpeft.adapter;

import io.sparkpeft.adapter.BaseModel.Mixture;
import io.sparkpeft.adapter.ModuleSelector.AllLinear;
import io.sparkpeft.adapter.ModuleSelector.Names;
import io.sparkpeft.adapter.ModuleSelector.Regex;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * PEFT's rules on target_modules where the base is a mixture of experts, whose experts and routers
 * are no linear layers for it. LoRA alone reaches them, as parameters.
 */
final class MixtureTargets {
  private MixtureTargets() {}

  /**
   * A configuration with experts and routers as the parameters that they are for PEFT's LoRA, and
   * linear layers by names as it has them then.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if another method means experts or routers;
   *     if LoRA's names mean a part of a parameter; or if its expression means experts, or other
   *     modules than the last parts of their names, by which PEFT takes them
   */
  static AdapterConfig resolved(AdapterConfig config, BaseModel base, Mixture mixture) {
    ModuleSelector targets = config.targetModules().orElseThrow(AdapterErrors::noTargetModules);
    if (config instanceof LoraConfig lora) {
      LoraConfig named =
          targets instanceof Regex
              ? lora
              : FormerNames.of(targets, base, mixture).inParameters(lora);
      requireFrozen(named, base, mixture);
      AdapterConfig linear = targets instanceof Regex regex ? named(lora, regex, base) : named;
      return linear.with("target_parameters", new TreeSet<>(named.targetParameters()));
    }
    requireFrozen(config, base, mixture);
    return config;
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (78) if target_modules name experts or routers
   */
  static void requireFrozen(AdapterConfig config, BaseModel base, Mixture mixture) {
    Set<String> meant = meant(config, mixture);
    if (!meant.isEmpty() && !isDefault(config, base)) {
      throw AdapterErrors.expertsTargeted(
          base.modelType(),
          meant,
          LoraStacks.shortNames(mixture),
          TargetModules.lastSegments(base.linearModules()));
    }
  }

  private static Set<String> meant(AdapterConfig config, Mixture mixture) {
    ModuleSelector targets = config.targetModules().orElseThrow(AdapterErrors::noTargetModules);
    if (targets instanceof Names names) {
      Set<String> meant = new TreeSet<>(names.names());
      meant.removeIf(name -> !mixture.names().contains(TargetModules.lastSegment(name)));
      return meant;
    }
    return targets instanceof AllLinear
        ? Set.of()
        : TargetModules.lastSegmentsOf(
            mixture.paths().stream().filter(path -> TargetModules.adapts(config, path)).toList());
  }

  /** PEFT's IA3 names an expert's layer by default, and passes over it. */
  private static boolean isDefault(AdapterConfig config, BaseModel base) {
    return config.peftType() == PeftType.IA3
        && config.targetModules().orElse(null) instanceof Names names
        && Ia3DefaultTargets.find(base.modelType())
            .filter(defaults -> Set.copyOf(defaults).equals(Set.copyOf(names.names())))
            .isPresent();
  }

  private static AdapterConfig named(AdapterConfig config, Regex regex, BaseModel base) {
    List<String> meant = adapted(config, base);
    if (meant.isEmpty()) {
      return config;
    }
    Set<String> names = TargetModules.lastSegmentsOf(meant);
    AdapterConfig named = config.with("target_modules", List.copyOf(names));
    if (!adapted(named, base).equals(meant)) {
      throw AdapterErrors.expressionMeansMore(base.modelType(), regex.expression(), names);
    }
    return named;
  }

  private static List<String> adapted(AdapterConfig config, BaseModel base) {
    return paths(base).stream().filter(path -> TargetModules.adapts(config, path)).toList();
  }

  private static List<String> paths(BaseModel base) {
    return Stream.concat(
            Stream.of(base.embedding().name()),
            base.linearModules().stream().map(LinearModule::name))
        .toList();
  }
}
