package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.ModuleSelector.AllLinear;
import java.util.List;

/** PEFT's IA3Config. */
public final class Ia3Config extends AdapterConfig {
  Ia3Config(ObjectNode keys) {
    super(keys);
  }

  /**
   * With the architecture's default targets and feedforward modules in place of none. With
   * "all-linear" the latter are named in full, as the targets then are: PEFT computes the same
   * without, and refuses to read the file that it writes.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) too if a feedforward module is no target
   */
  @Override
  public AdapterConfig resolvedFor(BaseModel base) {
    AdapterConfig targeted =
        targetModules().isPresent()
            ? this
            : with("target_modules", Ia3DefaultTargets.of(base.modelType()));
    AdapterConfig complete =
        key("feedforward_modules").isNull()
            ? targeted.with("feedforward_modules", defaultFeedforward(targeted, base))
            : targeted;
    boolean isNamedInFull =
        complete.targetModules().orElse(null) instanceof AllLinear
            && complete.key("feedforward_modules").isArray();
    return TargetModules.resolved(isNamedInFull ? inFull(complete, base) : complete, base);
  }

  /** Without experts' layers where targets are named in full, among which there are none. */
  private static List<String> defaultFeedforward(AdapterConfig config, BaseModel base) {
    List<String> names = Ia3DefaultTargets.feedforward(base.modelType());
    boolean isPassedOver = config.targetModules().orElse(null) instanceof AllLinear;
    return base.mixture()
        .filter(mixture -> isPassedOver)
        .map(mixture -> names.stream().filter(name -> !mixture.names().contains(name)).toList())
        .orElse(names);
  }

  private static AdapterConfig inFull(AdapterConfig config, BaseModel base) {
    List<String> targets =
        base.linearModules().stream()
            .map(LinearModule::name)
            .filter(config.targetModules().orElseThrow()::matches)
            .toList();
    List<String> ends = PeftKeys.texts(config.key("feedforward_modules"));
    for (String end : ends) {
      if (targets.stream().noneMatch(path -> path.endsWith(end))) {
        throw AdapterErrors.noFeedforward(end);
      }
    }
    List<String> named =
        targets.stream().filter(path -> ends.stream().anyMatch(path::endsWith)).toList();
    return config.with("feedforward_modules", named);
  }

  @Override
  public AdapterShape shape(BaseModel base) {
    return parts(base).shape();
  }

  ModuleAdapter.Parts parts(BaseModel base) {
    return ModuleAdapter.Parts.of(this, targets(base), base);
  }

  private List<ModuleTarget> targets(BaseModel base) {
    return TargetModules.match(this, base.linearModules()).stream()
        .<ModuleTarget>map(
            module ->
                new Ia3Target(
                    module, isFeedforward(module.name()), key("init_ia3_weights").booleanValue()))
        .toList();
  }

  /** As PEFT has it: names need not end at a dot. */
  private boolean isFeedforward(String path) {
    JsonNode feedforward = key("feedforward_modules");
    return feedforward.isTextual()
        ? PythonPattern.compile(feedforward.textValue()).matcher(path).matches()
        : PeftKeys.texts(feedforward).stream().anyMatch(path::endsWith);
  }

  @Override
  public double dropout() {
    return 0;
  }
}
