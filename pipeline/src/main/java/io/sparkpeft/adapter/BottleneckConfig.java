package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.BottleneckDelta.Placement;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Bottleneck adapters as LLM-Adapters (Hu et al. 2023, arXiv:2304.01933) has them in its fork of
 * PEFT. PEFT itself has no such method: configuration and tensors are named as that fork names
 * them.
 *
 * <p>Houlsby's adapters (arXiv:1902.00751) stand behind attention and behind the MLP:
 * target_modules o_proj and down_proj. Pfeiffer's (arXiv:2005.00247) stand behind the MLP alone:
 * use_adapterp, or target_modules down_proj. Parallel ones (arXiv:2110.04366) stand beside any
 * layer.
 */
public final class BottleneckConfig extends AdapterConfig {
  /** Layers that the fork's adapters stand before: those that read the MLP's input. */
  private static final Set<String> BEFORE =
      Set.of("gate_proj", "up_proj", "fc1", "fc_in", "c_fc", "dense_h_to_4h");

  BottleneckConfig(ObjectNode keys) {
    super(keys);
  }

  @Override
  public AdapterConfig resolvedFor(BaseModel base) {
    AdapterConfig targeted =
        targetModules().isPresent()
            ? this
            : with(
                "target_modules",
                BottleneckDefaultTargets.of(
                    base.modelType(), isParallel(), key("use_adapterp").booleanValue()));
    return TargetModules.resolved(targeted, base);
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
        .<ModuleTarget>map(module -> new BottleneckTarget(module, placement(module), this))
        .toList();
  }

  private Placement placement(LinearModule module) {
    String name = TargetModules.lastSegment(module.name());
    if (isParallel()) {
      return Placement.BESIDE;
    }
    return BEFORE.contains(name) ? Placement.BEFORE : Placement.BEHIND;
  }

  @Override
  public double dropout() {
    return key("adapter_dropout").doubleValue();
  }

  @Override
  public Optional<String> whyNotMerged() {
    return Optional.of("Its networks are not linear, so that no weight can hold them.");
  }

  /** Features of the narrow middle. */
  public int bottleneckSize() {
    return key("bottleneck_size").intValue();
  }

  /** The activation there, by transformers' name. */
  public String nonLinearity() {
    return key("non_linearity").textValue();
  }

  public double scaling() {
    return key("scaling").doubleValue();
  }

  private boolean isParallel() {
    return key("use_parallel_adapter").booleanValue();
  }

  /** Whether both matrices begin as BERT's do, rather than up with zeros. */
  boolean beginsAsBert() {
    return key("init_weights").textValue().equals("bert");
  }
}
