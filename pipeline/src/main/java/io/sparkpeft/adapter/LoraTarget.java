package io.sparkpeft.adapter;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.ArrayList;
import java.util.List;

/**
 * A module that LoRA adapts, with the rank and alpha that hold for it.
 *
 * @param scaling alpha / r, or alpha / sqrt(r) with rsLoRA
 * @param extra what is trained beside A and B
 */
public record LoraTarget(
    LinearModule module, int r, double loraAlpha, double scaling, LoraExtra extra) {
  static final String PREFIX = "base_model.model.";

  /** The key of A [r, in] in adapter_model.safetensors. */
  public String nameOfA() {
    return PREFIX + module.name() + ".lora_A.weight";
  }

  /** The key of B [out, r] in adapter_model.safetensors. */
  public String nameOfB() {
    return PREFIX + module.name() + ".lora_B.weight";
  }

  /** The key of lora_bias [out] there. */
  String nameOfBias() {
    return PREFIX + module.name() + ".lora_B.bias";
  }

  /** The key of DoRA's magnitude [out] there. */
  String nameOfMagnitude() {
    return PREFIX + module.name() + ".lora_magnitude_vector";
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

  /** The same module with twice the rank. */
  LoraTarget doubled() {
    return new LoraTarget(module, 2 * r, 2 * loraAlpha, scaling, extra);
  }

  /**
   * @param plain what is done to it if not DoRA
   */
  AdaptedModule adapted(double dropout, AdaptedModule.Work plain) {
    AdaptedModule.Work work = extra == LoraExtra.MAGNITUDE ? AdaptedModule.Work.DECOMPOSED : plain;
    return new AdaptedModule(module, parameterCount(), r, dropout, work);
  }

  List<TensorEntry> entries() {
    List<TensorEntry> entries = new ArrayList<>(List.of(entryOfA(), entryOfB()));
    long[] shape = {module.out()};
    switch (extra) {
      case BIAS -> entries.add(new TensorEntry(nameOfBias(), Dtype.FLOAT32, shape));
      case MAGNITUDE -> entries.add(new TensorEntry(nameOfMagnitude(), Dtype.FLOAT32, shape));
      case NONE -> {}
    }
    return List.copyOf(entries);
  }

  /** r (in + out), and out more for what is trained beside A and B. */
  public long parameterCount() {
    long product = Math.multiplyExact((long) r, Math.addExact(module.in(), module.out()));
    return extra == LoraExtra.NONE ? product : product + module.out();
  }
}
