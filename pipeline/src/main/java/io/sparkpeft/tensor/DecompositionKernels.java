package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * {@code kernels/decomposition.py}: factors of low rank, A [r, in] and B [out, r] in fp32. Of the
 * same input they are the same bits with one thread on one kind of processor; a factor's sign is
 * not determined, that of B A is.
 */
public final class DecompositionKernels {
  private static final Kernel SINGULAR = new Kernel("singular_factors");
  private static final Kernel APPROXIMATE = new Kernel("approximate_singular_factors");
  private static final Kernel ORTHONORMAL = new Kernel("orthonormal_factors");
  private static final Kernel INTERLEAVED = new Kernel("interleaved_factors");
  private static final Kernel DIFFERENCE = new Kernel("factors_of_difference");

  private DecompositionKernels() {}

  /**
   * PiSSA: [A, B] with scaling B A the best approximation of W of rank r. (Meng et al. 2024,
   * arXiv:2404.02948, equations 2 and 3.)
   *
   * @param w [out, in]; r at most the smaller of the two
   */
  public static List<NDArray> singularFactors(NDManager scope, NDArray w, int r, double scaling) {
    return SINGULAR.tensors(scope, w, (long) r, scaling);
  }

  /**
   * The same by randomised decomposition. (Halko et al. 2011, arXiv:0909.4061, algorithms 4.4 and
   * 5.1.)
   *
   * @param noise of a normal distribution, [in, r] if out is at least in, else [out, r]
   * @param iterations of the power method
   */
  public static List<NDArray> approximateSingularFactors(
      NDManager scope, NDArray w, NDArray noise, int iterations, double scaling) {
    return APPROXIMATE.tensors(scope, w, noise, (long) iterations, scaling);
  }

  /** OLoRA: A the first r rows of R, B the first r columns of Q, W = Q R. (arXiv:2406.01775.) */
  public static List<NDArray> orthonormalFactors(NDManager scope, NDArray w, int r) {
    return ORTHONORMAL.tensors(scope, w, (long) r);
  }

  /**
   * A and B over the odd and the even rows of one random orthogonal matrix, so that B A is zero and
   * neither factor is.
   *
   * @param square noise [r, r], r even
   * @param ofA noise [in, r / 2]
   * @param ofB noise [r / 2, out]
   */
  public static List<NDArray> interleavedFactors(
      NDManager scope, NDArray square, NDArray ofA, NDArray ofB) {
    return INTERLEAVED.tensors(scope, square, ofA, ofB);
  }

  /** [[A; A'], [B, -B']], the factors of B A - B' A'. */
  public static List<NDArray> difference(
      NDManager scope, NDArray a, NDArray b, NDArray otherA, NDArray otherB) {
    return DIFFERENCE.tensors(scope, a, b, otherA, otherB);
  }
}
