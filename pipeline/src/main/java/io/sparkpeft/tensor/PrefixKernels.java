package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import java.util.List;

/**
 * {@code kernels/prefix.py}. T virtual tokens, L layers, key heads K, features of a head D. A
 * prompt [T, L 2 K D] has for each virtual token all layers' keys and values, each layer's keys
 * before its values: 2 L parts.
 */
public final class PrefixKernels {
  private static final Kernel ENCODED = new Kernel("prefix_encoded_");
  private static final Kernel ENCODED_VJP = new Kernel("prefix_encoded_vjp");
  private static final Kernel PART = new Kernel("prefix_part_");
  private static final Kernel PARTS_VJP = new Kernel("prefix_parts_vjp");
  private static final Kernel PREFIXED = new Kernel("prefixed");
  private static final Kernel PREFIXED_VJP = new Kernel("prefixed_vjp");

  private PrefixKernels() {}

  /**
   * A prompt's two-layer network {@code tanh(embeddings inner^T + innerBias) outer^T + outerBias},
   * or the gradients of its tensors: fp32, with E features outside and H inside.
   *
   * @param embeddings [T, E]
   * @param inner [H, E]
   * @param innerBias [H]
   * @param outer [L 2 K D, H]
   * @param outerBias [L 2 K D]
   */
  public record Encoder(
      NDArray embeddings, NDArray inner, NDArray innerBias, NDArray outer, NDArray outerBias) {}

  /** Overwrites a prompt with what an encoder makes. */
  public static void encode(NDArray prompt, Encoder encoder) {
    ENCODED
        .tensor(
            prompt.getManager(),
            prompt,
            encoder.embeddings(),
            encoder.inner(),
            encoder.innerBias(),
            encoder.outer(),
            encoder.outerBias())
        .close();
  }

  /** The gradients of an encoder's tensors, given the prompt's. */
  public static Encoder encodeVjp(NDManager scope, NDArray g, Encoder encoder) {
    List<NDArray> gradients =
        ENCODED_VJP.tensors(
            scope, g, encoder.embeddings(), encoder.inner(), encoder.innerBias(), encoder.outer());
    return new Encoder(
        gradients.get(0), gradients.get(1), gradients.get(2), gradients.get(3), gradients.get(4));
  }

  /** Overwrites x [K, T, D] with one part of a prompt, in fp32. */
  public static void part(NDArray x, NDArray prompt, long part) {
    PART.tensor(x.getManager(), x, prompt, part).close();
  }

  /** The gradient of the prompt, given those of all parts [K, T, D]. */
  public static NDArray partsVjp(NDManager scope, List<NDArray> gs) {
    return PARTS_VJP.tensor(scope, gs);
  }

  /**
   * Heads with a prefix before every document: K and V [K, N + T documents, D].
   *
   * @param keys of the prefix, fp32 [K, T, D]; as they are, not rotated
   * @param values of the prefix, of that shape
   * @param lengths of the documents
   */
  public static Heads prefixed(
      NDManager scope, Heads heads, NDArray keys, NDArray values, long[] lengths) {
    return new Heads(
        heads.q(),
        PREFIXED.tensor(scope, heads.k(), keys, lengths),
        PREFIXED.tensor(scope, heads.v(), values, lengths));
  }

  /**
   * Gradients.
   *
   * @param heads of the documents' own
   * @param keys of the prefix's keys, summed over documents, fp32 [K, T, D]
   * @param values of the prefix's values, likewise
   */
  public record Gradients(Heads heads, NDArray keys, NDArray values) {}

  /**
   * @param g gradients of what {@link #prefixed} gave
   * @param tokens T
   */
  public static Gradients prefixedVjp(NDManager scope, Heads g, long tokens, long[] lengths) {
    List<NDArray> k = PREFIXED_VJP.tensors(scope, g.k(), tokens, lengths);
    List<NDArray> v = PREFIXED_VJP.tensors(scope, g.v(), tokens, lengths);
    return new Gradients(new Heads(g.q(), k.get(0), v.get(0)), k.get(1), v.get(1));
  }
}
