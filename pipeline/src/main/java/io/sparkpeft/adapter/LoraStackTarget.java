package io.sparkpeft.adapter;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.List;

/**
 * A parameter that LoRA adapts, with the rank and alpha that hold for each of its matrices.
 *
 * @param path what PEFT's names of A and B begin with: its module's, and below it {@code
 *     base_layer} once for each later parameter of that module that is adapted too
 * @param scaling alpha / r, or alpha / sqrt(r) with rsLoRA
 */
record LoraStackTarget(WeightStack stack, String path, int r, double scaling) {

  String nameOfA() {
    return LoraTarget.PREFIX + path + ".lora_A.weight";
  }

  String nameOfB() {
    return LoraTarget.PREFIX + path + ".lora_B.weight";
  }

  TensorEntry entryOfA() {
    return new TensorEntry(nameOfA(), Dtype.FLOAT32, new long[] {ranks(), stack.in()});
  }

  TensorEntry entryOfB() {
    return new TensorEntry(nameOfB(), Dtype.FLOAT32, new long[] {stack.out(), ranks()});
  }

  List<TensorEntry> entries() {
    return List.of(entryOfA(), entryOfB());
  }

  /** Of all matrices together. */
  private long ranks() {
    return (long) r * stack.matrices();
  }

  AdaptedStack adapted() {
    return new AdaptedStack(stack, r);
  }
}
