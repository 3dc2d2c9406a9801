package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * {@code kernels/vblora.py}, all in fp32. A bank of h vectors of b values [h, b]; A [r, in] of
 * sub-vectors [r, in / b], B [out, r] of sub-vectors [out / b, r].
 */
public final class VbLoraKernels {
  private static final Kernel CHOICE = new Kernel("vblora_choice");
  private static final Kernel RESTORED_CHOICE = new Kernel("vblora_restored_choice");
  private static final Kernel KEPT_SHARES = new Kernel("vblora_kept_shares");
  private static final Kernel A = new Kernel("vblora_a_");
  private static final Kernel B = new Kernel("vblora_b_");
  private static final Kernel A_VJP = new Kernel("vblora_a_vjp");
  private static final Kernel B_VJP = new Kernel("vblora_b_vjp");

  private VbLoraKernels() {}

  /**
   * What the sub-vectors of a matrix are mixed of.
   *
   * @param shares of the chosen vectors, biggest first [.., k]
   * @param places of the chosen vectors in the bank, int64 [.., k]
   */
  public record Choice(NDArray shares, NDArray places) {
    private static Choice of(List<NDArray> tensors) {
      return new Choice(tensors.get(0), tensors.get(1));
    }
  }

  /**
   * Gradients.
   *
   * @param logits of the chosen ones; zero elsewhere [.., h]
   * @param bank [h, b]
   */
  public record Gradients(NDArray logits, NDArray bank) {
    private static Gradients of(List<NDArray> tensors) {
      return new Gradients(tensors.get(0), tensors.get(1));
    }
  }

  /** The k largest of every sub-vector's logits [.., h], and their softmax among themselves. */
  public static Choice choice(NDManager scope, NDArray logits, long k) {
    return Choice.of(CHOICE.tensors(scope, logits, k));
  }

  /**
   * A choice out of a file.
   *
   * @param shares all but the last [.., k - 1]; it is what they leave of a whole, at least 0
   * @param places of an integer type [.., k]
   */
  public static Choice restored(NDManager scope, NDArray shares, NDArray places) {
    return Choice.of(RESTORED_CHOICE.tensors(scope, shares, places));
  }

  /** All shares but the last. */
  public static NDArray keptShares(NDManager scope, Choice choice) {
    return KEPT_SHARES.tensor(scope, choice.shares());
  }

  /** Overwrites A. */
  public static void composeA(NDArray a, Choice choice, NDArray bank) {
    A.tensor(a.getManager(), a, choice.shares(), choice.places(), bank).close();
  }

  /** Overwrites B. */
  public static void composeB(NDArray b, Choice choice, NDArray bank) {
    B.tensor(b.getManager(), b, choice.shares(), choice.places(), bank).close();
  }

  /** Given A's gradient. */
  public static Gradients vjpOfA(NDManager scope, NDArray ga, Choice choice, NDArray bank) {
    return Gradients.of(A_VJP.tensors(scope, ga, choice.shares(), choice.places(), bank));
  }

  /** Given B's gradient. */
  public static Gradients vjpOfB(NDManager scope, NDArray gb, Choice choice, NDArray bank) {
    return Gradients.of(B_VJP.tensors(scope, gb, choice.shares(), choice.places(), bank));
  }
}
