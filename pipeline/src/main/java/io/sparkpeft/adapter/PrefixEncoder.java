package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.PrefixKernels;
import io.sparkpeft.weights.TensorEntry;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The network that a prompt is trained through with prefix_projection: embeddings of the virtual
 * tokens, two linear layers, a tanh between them. (PEFT's PrefixEncoder; Li and Liang 2021, section
 * 4.3.) A checkpoint holds it; an adapter's file holds the prompt that it makes and nothing else.
 *
 * @param embeddings fp32 [tokens, features]
 * @param inner [hidden, features]
 * @param innerBias [hidden]
 * @param outer [layers 2 features, hidden]
 * @param outerBias [layers 2 features]
 */
record PrefixEncoder(
    DeltaTensor embeddings,
    DeltaTensor inner,
    DeltaTensor innerBias,
    DeltaTensor outer,
    DeltaTensor outerBias) {
  private static final String PREFIX = "prompt_encoder.";
  private static final String EMBEDDINGS = PREFIX + "embedding.weight";
  private static final String INNER = PREFIX + "transform.0.weight";
  private static final String INNER_BIAS = PREFIX + "transform.0.bias";
  private static final String OUTER = PREFIX + "transform.2.weight";
  private static final String OUTER_BIAS = PREFIX + "transform.2.bias";

  /**
   * Its widths.
   *
   * @param tokens virtual ones
   * @param features of keys, or of values, in one layer
   * @param hidden between the linear layers
   * @param width of a prompt
   */
  record Shape(long tokens, long features, long hidden, long width) {
    List<TensorEntry> entries() {
      return List.of(
          entry(EMBEDDINGS, tokens, features),
          entry(INNER, hidden, features),
          entry(INNER_BIAS, hidden),
          entry(OUTER, width, hidden),
          entry(OUTER_BIAS, width));
    }

    private static TensorEntry entry(String name, long... shape) {
      return new TensorEntry(name, Dtype.FLOAT32, shape);
    }

    /**
     * What torch's layers begin with: normal embeddings, and U(-1/sqrt(inputs), 1/sqrt(inputs)) in
     * linear layers, biases too.
     *
     * @param isZero whether the outer layer begins with zeros, so that the prompt does
     */
    float[] initial(TensorEntry entry, boolean isZero, long seed) {
      InitialValues values = new InitialValues(seed, entry.name());
      int count = Math.toIntExact(entry.elements());
      return switch (entry.name()) {
        case EMBEDDINGS -> values.normal(count, 1);
        case INNER, INNER_BIAS -> values.uniform(count, 1 / Math.sqrt((double) features));
        default ->
            isZero ? new float[count] : values.uniform(count, 1 / Math.sqrt((double) hidden));
      };
    }
  }

  static PrefixEncoder of(Map<String, DeltaTensor> tensors) {
    return new PrefixEncoder(
        tensors.get(EMBEDDINGS),
        tensors.get(INNER),
        tensors.get(INNER_BIAS),
        tensors.get(OUTER),
        tensors.get(OUTER_BIAS));
  }

  /** Overwrites a prompt [tokens, layers 2 features]. */
  void encode(NDArray prompt) {
    PrefixKernels.encode(prompt, values());
  }

  /** Takes the prompt's gradient back to its own tensors. */
  void pullBack(NDManager scope, NDArray gradient, BiConsumer<DeltaTensor, NDArray> trained) {
    PrefixKernels.Encoder gradients = PrefixKernels.encodeVjp(scope, gradient, values());
    trained.accept(embeddings, gradients.embeddings());
    trained.accept(inner, gradients.inner());
    trained.accept(innerBias, gradients.innerBias());
    trained.accept(outer, gradients.outer());
    trained.accept(outerBias, gradients.outerBias());
  }

  private PrefixKernels.Encoder values() {
    return new PrefixKernels.Encoder(
        embeddings.value(), inner.value(), innerBias.value(), outer.value(), outerBias.value());
  }
}
