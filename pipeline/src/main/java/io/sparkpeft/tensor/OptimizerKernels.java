package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * {@code kernels/optimizer.py}. All tensors are fp32 and of one shape where nothing else is said.
 */
public final class OptimizerKernels {
  private static final Kernel ADAMW = new Kernel("adamw_");
  private static final Kernel ADAMW_8BIT = new Kernel("adamw_8bit_");
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
        correction(constants.beta1(), step),
        correction(constants.beta2(), step));
  }

  /**
   * A running mean of n values in blockwise 8-bit codes.
   *
   * @param codes uint8 [n]: places in the map
   * @param absmax fp32 [blocks]: the greatest magnitude of each block, of which the last may be
   *     short
   * @param map fp32 [256], ascending
   */
  public record BlockwiseMean(NDArray codes, NDArray absmax, NDArray map) {
    /** The values of a block, as in bitsandbytes' optimizers. */
    public static final int BLOCK = 256;

    /** The blocks of so many values. */
    public static long blocks(long values) {
      return (values + BLOCK - 1) / BLOCK;
    }
  }

  /**
   * Changes parameter and both means' codes and absmax in place.
   *
   * @param step counted from 1, for the correction of both means' bias
   */
  public static void adamW8bit(
      NDManager scope,
      NDArray parameter,
      NDArray gradient,
      BlockwiseMean mean,
      BlockwiseMean meanOfSquares,
      double rate,
      double decay,
      AdamWConstants constants,
      long step) {
    ADAMW_8BIT.tensor(
        scope,
        parameter,
        gradient,
        mean.codes(),
        mean.absmax(),
        mean.map(),
        meanOfSquares.codes(),
        meanOfSquares.absmax(),
        meanOfSquares.map(),
        (long) BlockwiseMean.BLOCK,
        rate,
        decay,
        constants.beta1(),
        constants.beta2(),
        constants.eps(),
        correction(constants.beta1(), step),
        correction(constants.beta2(), step));
  }

  private static double correction(double beta, long step) {
    return 1 - Math.pow(beta, (double) step);
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
