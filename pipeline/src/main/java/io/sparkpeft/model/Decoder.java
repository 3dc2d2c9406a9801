package io.sparkpeft.model;

import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.tensor.Arithmetic;
import java.util.Optional;

/**
 * A causal language model with frozen weights. It holds nothing else, so any number of threads may
 * work with it, each with an adapter and with tensors of its own. Its life ends with the manager
 * that it was loaded into.
 */
@SuppressWarnings({"DoNotCallSuggester", "UnusedMethod"})
public final class Decoder {
  private final DecoderConfig config;

  private Decoder(DecoderConfig config) {
    this.config = config;
  }

  /**
   * Maps the weights into memory; those stored in another type than the arithmetic's are converted
   * once.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if weights are missing or misshapen: all of
   *     them are listed
   */
  public static Decoder load(
      NDManager manager, DecoderConfig config, WeightSource weights, Arithmetic arithmetic) {
    throw new UnsupportedOperationException("follows");
  }

  public DecoderConfig config() {
    return config;
  }

  /** Logits after every token, row-major [tokens, vocabulary]. */
  public float[] logits(Optional<Adapter> adapter, int[] tokens) {
    throw new UnsupportedOperationException("follows");
  }
}
