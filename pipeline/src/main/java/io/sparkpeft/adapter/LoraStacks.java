package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.BaseModel.Mixture;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** PEFT's rules on which parameters LoRA adapts, and how. */
final class LoraStacks {
  private LoraStacks() {}

  /**
   * The adapted parameters, in the base's order. Neither exclude_modules nor layers_to_transform
   * have to do with them.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if target_parameters name what the base has
   *     not, or if the configuration asks for what PEFT's LoRA of parameters does not do
   */
  static List<LoraStackTarget> match(LoraConfig config, BaseModel base) {
    Set<String> targets = new TreeSet<>(config.targetParameters());
    if (targets.isEmpty()) {
      return List.of();
    }
    List<WeightStack> stacks = base.mixture().map(Mixture::stacks).orElse(List.of());
    for (String target : targets) {
      if (stacks.stream().noneMatch(stack -> means(target, stack))) {
        throw AdapterErrors.unknownParameter(base.modelType(), target, shortNames(stacks));
      }
    }
    requirePossible(config);
    return targets(
        config,
        stacks.stream()
            .filter(stack -> targets.stream().anyMatch(target -> means(target, stack)))
            .toList());
  }

  private static boolean means(String target, WeightStack stack) {
    return stack.path().equals(target) || stack.path().endsWith("." + target);
  }

  /** PEFT wraps a module once for each parameter; the first is then the innermost. */
  private static List<LoraStackTarget> targets(LoraConfig config, List<WeightStack> stacks) {
    Map<String, Integer> later = new LinkedHashMap<>();
    stacks.forEach(stack -> later.merge(stack.module(), 1, Integer::sum));
    List<LoraStackTarget> targets = new ArrayList<>();
    for (WeightStack stack : stacks) {
      int above = later.merge(stack.module(), -1, Integer::sum);
      LoraTarget like =
          LoraTargets.target(config, new LinearModule(stack.path(), stack.in(), stack.out()));
      String path = stack.module() + ".base_layer".repeat(above);
      targets.add(new LoraStackTarget(stack, path, like.r(), like.scaling()));
    }
    return targets;
  }

  /** {@code mlp.experts.down_proj}: what no layer's number is part of. */
  private static Set<String> shortNames(List<WeightStack> stacks) {
    Set<String> names = new TreeSet<>();
    stacks.forEach(stack -> names.add(shortName(stack)));
    return names;
  }

  private static String shortName(WeightStack stack) {
    return stack.path().replaceFirst(".*\\.\\d+\\.", "");
  }

  /** For messages: all parameters of a mixture. */
  static Set<String> shortNames(Mixture mixture) {
    return shortNames(mixture.stacks());
  }

  private static void requirePossible(LoraConfig config) {
    require(
        config.loraDropout() == 0,
        config,
        "lora_dropout",
        "B A is added to the parameter itself, so none of its input can be dropped for it",
        "Set it to 0.");
    require(
        config.extra() != LoraExtra.MAGNITUDE,
        config,
        "use_dora",
        "PEFT has no DoRA of parameters",
        "Set it to false.");
    require(
        config.extra() != LoraExtra.BIAS,
        config,
        "lora_bias",
        "What is added to a parameter has no bias",
        "Set it to false.");
    require(
        !config.key("fan_in_fan_out").booleanValue(),
        config,
        "fan_in_fan_out",
        "A parameter says itself how it lies",
        "Set it to false.");
    LoraInit init = config.initLoraWeights();
    require(
        init == LoraInit.KAIMING_UNIFORM || init == LoraInit.GAUSSIAN || init == LoraInit.RANDOM,
        config,
        "init_lora_weights",
        "It begins with the weight of a linear layer, and experts have none",
        "Set it to true, gaussian or false.");
  }

  private static void require(
      boolean holds, LoraConfig config, String key, String why, String what) {
    if (!holds) {
      JsonNode value = config.key(key);
      throw AdapterErrors.notWithParameters(key, value, why, what);
    }
  }
}
