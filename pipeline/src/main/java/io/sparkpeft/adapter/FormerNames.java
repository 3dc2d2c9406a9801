package io.sparkpeft.adapter;

import io.sparkpeft.adapter.BaseModel.Mixture;
import io.sparkpeft.adapter.ModuleSelector.AllLinear;
import io.sparkpeft.adapter.ModuleSelector.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * target_modules of LoRA in a mixture of experts, with what transformers 4 had linear layers for
 * and transformers 5 has parameters. "all-linear" means them all.
 *
 * @param names of other modules
 * @param former the others by the end of the parameter's name that they are a part of now
 */
record FormerNames(Mixture mixture, Set<String> names, Map<String, Set<String>> former) {
  private static final Pattern NUMBER = Pattern.compile("(.*\\.)?\\d+\\..*");

  static FormerNames of(ModuleSelector targets, BaseModel base, Mixture mixture) {
    FormerNames sorted = new FormerNames(mixture, new TreeSet<>(), new TreeMap<>());
    if (targets instanceof AllLinear) {
      base.linearModules().stream()
          .map(LinearModule::name)
          .filter(targets::matches)
          .map(TargetModules::lastSegment)
          .forEach(sorted.names()::add);
      mixture.formerNames().keySet().forEach(sorted::add);
    } else {
      ((Names) targets).names().forEach(sorted::add);
    }
    return sorted;
  }

  /** A name of one layer's or one expert's alone stays: PEFT would take all for it. */
  private void add(String name) {
    String last = TargetModules.lastSegment(name);
    if (mixture.formerNames().containsKey(last) && !NUMBER.matcher(name).matches()) {
      former
          .computeIfAbsent(mixture.formerNames().get(last), parameter -> new TreeSet<>())
          .add(last);
    } else {
      names.add(name);
    }
  }

  /**
   * The configuration as PEFT changes it: a parameter that was several layers has their ranks and
   * alphas together.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if not all of these are named
   */
  LoraConfig inParameters(LoraConfig config) {
    Collection<String> parameters = new TreeSet<>(config.targetParameters());
    parameters.addAll(former.keySet());
    LoraConfig changed = config.with("target_modules", names).with("target_parameters", parameters);
    for (Map.Entry<String, Set<String>> named : former.entrySet()) {
      changed = joined(changed, named.getKey(), named.getValue());
    }
    return changed;
  }

  private LoraConfig joined(LoraConfig config, String parameter, Set<String> named) {
    Set<String> parts = new TreeSet<>(mixture.formerNames().keySet());
    parts.removeIf(part -> !mixture.formerNames().get(part).equals(parameter));
    if (parts.size() == 1) {
      return config;
    }
    if (!named.equals(parts)) {
      Set<String> missing = new TreeSet<>(parts);
      missing.removeAll(named);
      throw AdapterErrors.contradiction(
          "target_modules",
          ("With %s it means a part of the parameter %s alone, which PEFT adapts whole: %s is"
                  + " missing.")
              .formatted(String.join(", ", named), parameter, String.join(", ", missing)));
    }
    String pattern = ".*\\." + parameter;
    requireFree(config.rankPattern().keySet(), "rank_pattern", pattern, parameter);
    requireFree(config.alphaPattern().keySet(), "alpha_pattern", pattern, parameter);
    Map<String, Integer> ranks = config.rankPattern();
    ranks.put(pattern, config.r() * parts.size());
    Map<String, Double> alphas = config.alphaPattern();
    alphas.put(pattern, config.loraAlpha() * parts.size());
    return config.with("rank_pattern", ranks).with("alpha_pattern", alphas);
  }

  /** PEFT tries patterns in the order given, and in another once they were in a file. */
  private void requireFree(Set<String> patterns, String key, String own, String parameter) {
    List<WeightStack> stacks = new ArrayList<>(mixture.stacks());
    stacks.removeIf(stack -> !stack.name().equals(parameter));
    Optional<String> other =
        patterns.stream()
            .filter(pattern -> !pattern.equals(own))
            .filter(
                pattern -> stacks.stream().anyMatch(s -> LoraTargets.concerns(pattern, s.path())))
            .findFirst();
    if (other.isPresent()) {
      throw AdapterErrors.contradiction(
          key,
          ("The target_modules name the parts of %s, for which PEFT sets a pattern of its own beside"
                  + " %s; which of them counts would change when its file is read. Name %s in"
                  + " target_parameters instead of its parts.")
              .formatted(parameter, other.get(), parameter));
    }
  }
}
