package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** {@code kernels/combination.py}: low-rank pairs of A [r, in] and B [out, r], fp32. */
public final class CombinationKernels {
  private static final Kernel STACKED = new Kernel("stacked_pair");
  private static final Kernel TRUNCATED = new Kernel("truncated_pair");

  private CombinationKernels() {}

  /** A [r, in] and B [out, r]. */
  public record Pair(NDArray a, NDArray b) {}

  /** One pair whose product is the sum of those of all; its rank is the sum of theirs. */
  public static Pair stacked(NDManager scope, List<Pair> pairs) {
    List<NDArray> a = pairs.stream().map(Pair::a).toList();
    List<NDArray> b = pairs.stream().map(Pair::b).toList();
    return pair(STACKED.tensors(scope, a, b));
  }

  /** The nearest pair of that rank, computed in fp64: A's rows are orthonormal. */
  public static Pair truncated(NDManager scope, Pair pair, int rank) {
    return pair(TRUNCATED.tensors(scope, pair.a(), pair.b(), (long) rank));
  }

  private static Pair pair(List<NDArray> tensors) {
    return new Pair(tensors.get(0), tensors.get(1));
  }
}
