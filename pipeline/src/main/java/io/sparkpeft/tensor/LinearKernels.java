package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * {@code kernels/linear.py} and {@code kernels/lora.py}. x [rows, in], w [out, in], y [rows, out];
 * a [r, in] and b [out, r] in fp32.
 */
public final class LinearKernels {
  private static final Kernel LINEAR = new Kernel("linear");
  private static final Kernel LINEAR_VJP = new Kernel("linear_vjp");
  private static final Kernel LINEAR_VJP_ONTO = new Kernel("linear_vjp_onto_");
  private static final Kernel ADD = new Kernel("add_");
  private static final Kernel SUM = new Kernel("sum_of");
  private static final Kernel WEIGHT_VJP = new Kernel("weight_vjp");
  private static final Kernel BIAS_VJP = new Kernel("bias_vjp");
  private static final Kernel PUT_OUTPUTS = new Kernel("put_outputs_");
  private static final Kernel PUT_OUTPUTS_VJP = new Kernel("put_outputs_vjp");
  private static final Kernel ADD_PRODUCT = new Kernel("add_product_");
  private static final Kernel ADD_SCALED = new Kernel("add_scaled_");
  private static final Kernel LORA_LINEAR = new Kernel("lora_linear");
  private static final Kernel LORA_INNER = new Kernel("lora_inner");
  private static final Kernel ADD_LORAS = new Kernel("add_loras_");
  private static final Kernel LORA_PARAMETERS_VJP = new Kernel("lora_parameters_vjp");
  private static final Kernel LORA_INPUT_VJP = new Kernel("lora_input_vjp");

  private LinearKernels() {}

  /** y = x w^T. */
  public static NDArray linear(NDManager scope, NDArray x, NDArray w, Product product) {
    return LINEAR.tensor(scope, x, w, product == Product.ONEDNN);
  }

  /** gx = gy w. */
  public static NDArray linearVjp(NDManager scope, NDArray gy, NDArray w, Product product) {
    return LINEAR_VJP.tensor(scope, gy, w, product == Product.ONEDNN);
  }

  /** gx + gy w; gx is of no use afterwards. */
  public static NDArray linearVjpOnto(
      NDManager scope, NDArray gx, NDArray gy, NDArray w, Product product) {
    return LINEAR_VJP_ONTO.tensor(scope, gx, gy, w, product == Product.ONEDNN);
  }

  /** The sum of tensors of one shape. */
  public static NDArray sum(NDManager scope, List<NDArray> xs) {
    return SUM.tensor(scope, xs);
  }

  /** x + y, written into x; y may be a single row. */
  public static NDArray addInPlace(NDManager scope, NDArray x, NDArray y) {
    return ADD.tensor(scope, x, y);
  }

  /** The gradient gy^T x of w, fp32. */
  public static NDArray weightVjp(NDManager scope, NDArray gy, NDArray x) {
    return WEIGHT_VJP.tensor(scope, gy, x);
  }

  /** The gradient of b [out], fp32, of which factor b is added to every row. */
  public static NDArray biasVjp(NDManager scope, NDArray gy, double factor) {
    return BIAS_VJP.tensor(scope, gy, factor);
  }

  /**
   * y with some of its columns computed anew, written into y.
   *
   * @param outputs int64 [n]: which columns
   * @param rows fp32 [n, in]: their weight
   */
  public static NDArray putOutputs(
      NDManager scope, NDArray y, NDArray x, NDArray outputs, NDArray rows) {
    return PUT_OUTPUTS.tensor(scope, y, x, outputs, rows);
  }

  /** [gy with zeros in those columns, those columns, the gradient of rows in fp32]. */
  public static List<NDArray> putOutputsVjp(
      NDManager scope, NDArray gy, NDArray x, NDArray outputs) {
    return PUT_OUTPUTS_VJP.tensors(scope, gy, x, outputs);
  }

  /** y + alpha u v, written into y; u [rows, r] of y's type, v [r, out] in fp32. */
  public static NDArray addProduct(NDManager scope, NDArray y, NDArray u, NDArray v, double alpha) {
    return ADD_PRODUCT.tensor(scope, y, u, v, alpha);
  }

  /** y + factor b, written into y; b [out] in fp32. */
  public static NDArray addScaled(NDManager scope, NDArray y, NDArray b, double factor) {
    return ADD_SCALED.tensor(scope, y, b, factor);
  }

  /**
   * y = x w^T + scaling u b^T with u = dropped a^T: [y, u].
   *
   * @param dropped x, or what dropout leaves of it; then scaling includes 1 / keep, where keep is
   *     the share that it leaves
   */
  static List<NDArray> loraLinear(
      NDManager scope,
      NDArray x,
      NDArray dropped,
      NDArray w,
      NDArray a,
      NDArray b,
      double scaling,
      Product product) {
    return LORA_LINEAR.tensors(scope, x, dropped, w, a, b, scaling, product == Product.ONEDNN);
  }

  /** u = dropped a^T alone. */
  public static NDArray loraInner(NDManager scope, NDArray dropped, NDArray a) {
    return LORA_INNER.tensor(scope, dropped, a);
  }

  /**
   * y + scaling (x a^T) b^T for each of several pairs in its own rows, written into y.
   *
   * @param scalings one per pair
   * @param rows two per pair: its first row, and the one behind its last
   */
  public static NDArray addLoras(
      NDManager scope,
      NDArray y,
      NDArray x,
      List<NDArray> as,
      List<NDArray> bs,
      double[] scalings,
      long[] rows) {
    return ADD_LORAS.tensor(scope, y, x, as, bs, scalings, rows);
  }

  /** [gu, ga, gb], where gu [rows, r] is what the gradient of x needs; ga and gb in fp32. */
  public static List<NDArray> loraParametersVjp(
      NDManager scope, NDArray gy, NDArray dropped, NDArray u, NDArray b, double scaling) {
    return LORA_PARAMETERS_VJP.tensors(scope, gy, dropped, u, b, scaling);
  }

  /** gu a: the low-rank path's part of the gradient of x, before dropout. */
  static NDArray loraInputVjp(NDManager scope, NDArray gu, NDArray a) {
    return LORA_INPUT_VJP.tensor(scope, gu, a);
  }
}
