package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** {@code kernels/optimizer.py}. All tensors are fp32 and of one shape. */
public final class OptimizerKernels {
  private static final Kernel ADAMW = new Kernel("adamw_");
  private static final Kernel SGD = new Kernel("sgd_");
  private static final Kernel SGD_MOMENTUM = new Kernel("sgd_momentum_");

  private OptimizerKernels() {}

  /**
   * The constants of AdamW.
   *
   * @param eps added to the corrected square root
   */
  public record AdamWConstants(double beta1, double beta2, double eps) {}

  /**
   * Changes parameter, mean and mean of squares in place.
   *
   * @param step counted from 1, for the correction of both means' bias
   */
  public static void adamW(
      NDManager scope,
      NDArray parameter,
      NDArray gradient,
      NDArray mean,
      NDArray meanOfSquares,
      double rate,
      double decay,
      AdamWConstants constants,
      long step) {
    double correction1 = 1 - Math.pow(constants.beta1(), (double) step);
    double correction2 = 1 - Math.pow(constants.beta2(), (double) step);
    ADAMW.tensor(
        scope,
        parameter,
        gradient,
        mean,
        meanOfSquares,
        rate,
        decay,
        constants.beta1(),
        constants.beta2(),
        constants.eps(),
        correction1,
        correction2);
  }

  /** Changes the parameter in place. */
  public static void sgd(
      NDManager scope, NDArray parameter, NDArray gradient, double rate, double decay) {
    SGD.tensor(scope, parameter, gradient, rate, decay);
  }

  /**
   * Changes parameter and buffer in place.
   *
   * @param buffer zeros before the first step
   */
  public static void sgdMomentum(
      NDManager scope,
      NDArray parameter,
      NDArray gradient,
      NDArray buffer,
      double rate,
      double decay,
      double momentum) {
    SGD_MOMENTUM.tensor(scope, parameter, gradient, buffer, rate, decay, momentum);
  }
}
