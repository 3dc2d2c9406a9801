package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * How the tensors that layers see follow from others, which are trained: VB-LoRA's A and B from a
 * bank of vectors, a layer's prefix from its row of the prompt.
 */
public interface Derivation {

  /**
   * Computes the derived tensors anew, in place. Whoever changes the trained ones calls it before
   * anything is computed with the adapter again: the same bits come of the same bits.
   */
  void refresh();

  /**
   * Takes gradients back to the trained tensors.
   *
   * @param scope where what is computed on the way lives
   * @param gradients fp32, of the derived tensors by their names; what is absent has none
   * @param trained receives those of the trained tensors, each of the tensor's shape
   */
  void pullBack(
      NDManager scope, Map<String, NDArray> gradients, BiConsumer<DeltaTensor, NDArray> trained);
}
