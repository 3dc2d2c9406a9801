package io.sparkpeft.adapter;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.List;

/**
 * A module that LoRA adapts, with the rank and alpha that hold for it.
 *
 * @param scaling alpha / r, or alpha / sqrt(r) with rsLoRA
 */
public record LoraTarget(LinearModule module, int r, double loraAlpha, double scaling) {
  private static final String PREFIX = "base_model.model.";

  /** The key of A [r, in] in adapter_model.safetensors. */
  public String nameOfA() {
    return PREFIX + module.name() + ".lora_A.weight";
  }

  /** The key of B [out, r] in adapter_model.safetensors. */
  public String nameOfB() {
    return PREFIX + module.name() + ".lora_B.weight";
  }

  /** The key of the copy of a frozen lm_head that PEFT stores beside its adapter. */
  String nameOfBaseWeight() {
    return PREFIX + module.name() + ".base_layer.weight";
  }

  TensorEntry entryOfA() {
    return new TensorEntry(nameOfA(), Dtype.FLOAT32, new long[] {r, module.in()});
  }

  TensorEntry entryOfB() {
    return new TensorEntry(nameOfB(), Dtype.FLOAT32, new long[] {module.out(), r});
  }

  AdaptedModule adapted(double dropout) {
    return new AdaptedModule(module, parameterCount(), r, dropout);
  }

  List<TensorEntry> entries() {
    return List.of(entryOfA(), entryOfB());
  }

  /** r (in + out). */
  public long parameterCount() {
    return Math.multiplyExact((long) r, Math.addExact(module.in(), module.out()));
  }
}
