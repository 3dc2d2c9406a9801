package io.sparkpeft.adapter;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.ArrayList;
import java.util.List;

/**
 * The embedding, where LoRA adapts it.
 *
 * @param scaling alpha / r, or alpha / sqrt(r) with rsLoRA
 * @param isDecomposed whether DoRA's magnitudes of its features are trained too
 */
record LoraEmbeddingTarget(
    BaseModel.EmbeddingModule module, int r, double scaling, boolean isDecomposed) {

  String nameOfA() {
    return LoraTarget.PREFIX + module.name() + ".lora_embedding_A";
  }

  String nameOfB() {
    return LoraTarget.PREFIX + module.name() + ".lora_embedding_B";
  }

  String nameOfMagnitude() {
    return LoraTarget.PREFIX + module.name() + ".lora_magnitude_vector";
  }

  String nameOfBaseWeight() {
    return LoraTarget.PREFIX + module.name() + ".base_layer.weight";
  }

  List<TensorEntry> entries() {
    List<TensorEntry> entries = new ArrayList<>();
    entries.add(entry(nameOfA(), r, module.vocabulary()));
    entries.add(entry(nameOfB(), module.width(), r));
    if (isDecomposed) {
      entries.add(entry(nameOfMagnitude(), module.width()));
    }
    return entries;
  }

  private static TensorEntry entry(String name, long... shape) {
    return new TensorEntry(name, Dtype.FLOAT32, shape);
  }
}
