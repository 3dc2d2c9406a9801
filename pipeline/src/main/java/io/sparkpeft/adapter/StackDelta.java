package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.AdaptedExpertsKernels;
import io.sparkpeft.tensor.AdaptedExpertsKernels.Pair;
import io.sparkpeft.tensor.Tensors;

/**
 * LoRA's addition to each matrix of a parameter: W_e + scaling B_e A_e.
 *
 * @param a all A_e of rank r, fp32 [matrices r, in]: the rows from e r on are A_e
 * @param b all B_e, fp32 [out, r matrices]: the columns e, matrices + e, 2 matrices + e and so on
 *     are B_e
 * @param scaling alpha / r, or alpha / sqrt(r) with rsLoRA
 * @param matrices how many they are
 */
public record StackDelta(DeltaTensor a, DeltaTensor b, double scaling, int matrices) {

  /** As kernels take it. */
  public Pair pair() {
    return new Pair(a.value(), b.value(), scaling);
  }

  /**
   * Some rows of a matrix with their addition, computed in fp32 and rounded once to their type.
   *
   * @param weight these rows [rows, in]
   * @return in the given manager
   */
  NDArray merged(NDManager manager, NDArray weight, WeightStack.Piece piece) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray product =
          AdaptedExpertsKernels.product(
              scope, pair(), piece.matrix(), matrices, piece.from(), piece.rows());
      return Tensors.addScaled(manager, weight, product, scaling);
    }
  }
}
