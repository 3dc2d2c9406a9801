package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * {@code kernels/head.py}. logits [rows, vocabulary], targets int64 [n]; rows beyond n have no
 * target, and count for nothing.
 */
public final class HeadKernels {
  private static final Kernel SOFT_CAP = new Kernel("soft_cap");
  private static final Kernel SOFT_CAP_VJP = new Kernel("soft_cap_vjp");
  private static final Kernel CROSS_ENTROPY = new Kernel("cross_entropy");
  private static final Kernel LOG_LIKELIHOOD = new Kernel("log_likelihood");
  private static final Kernel GREEDY = new Kernel("greedy");

  private HeadKernels() {}

  /** cap tanh(x / cap). */
  public static NDArray softCap(NDManager scope, NDArray x, double cap) {
    return SOFT_CAP.tensor(scope, x, cap);
  }

  /** The gradient of x, given what it was capped to. */
  public static NDArray softCapVjp(NDManager scope, NDArray gy, NDArray y, double cap) {
    return SOFT_CAP_VJP.tensor(scope, gy, y, cap);
  }

  /**
   * @param nats the cross-entropy summed over the places
   * @param gradient of scale times it by the logits [rows, vocabulary], zero where no target is
   */
  public record Loss(double nats, NDArray gradient) {}

  /**
   * The cross-entropy and its gradient at once.
   *
   * @param gradient of the logits' shape and type, which the gradient may be written into; may be
   *     the logits, if nobody needs them any more
   */
  public static Loss crossEntropy(
      NDManager scope,
      NDArray logits,
      NDArray targets,
      double scale,
      NDArray gradient,
      RowWork by) {
    if (by == RowWork.LANES) {
      return LanesCrossEntropy.here().lossAndGradient(logits, targets, scale, gradient);
    }
    List<NDArray> loss = CROSS_ENTROPY.tensors(scope, logits, targets, scale);
    return new Loss(loss.get(0).getDouble(), loss.get(1));
  }

  /** Of each target its log-probability (fp64), and whether it is the most likely (bool). */
  public static List<NDArray> logLikelihood(NDManager scope, NDArray logits, NDArray targets) {
    return LOG_LIKELIHOOD.tensors(scope, logits, targets);
  }

  /** The most likely token of each row, int64. */
  public static NDArray greedy(NDManager scope, NDArray logits) {
    return GREEDY.tensor(scope, logits);
  }
}
