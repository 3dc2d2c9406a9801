package io.sparkpeft.model;

import io.sparkpeft.tensor.Dtype;

/**
 * How many bytes a decoder takes, by formula: for plans made before anything is loaded.
 *
 * @param config the architecture
 * @param compute the type of weights and activations
 */
@SuppressWarnings({"DoNotCallSuggester", "UnusedMethod"})
public record DecoderMemory(DecoderConfig config, Dtype compute) {

  /** All frozen weights. Mapped from files where they are stored in the compute type. */
  public long weightBytes() {
    return config.parameterCount() * compute.bytes();
  }

  /**
   * The most that activations take in a forward and backward pass over one micro-batch, without the
   * head's part.
   */
  public long activationBytes(int rows, int columns, Checkpointing checkpointing) {
    throw new UnsupportedOperationException("follows");
  }

  /** Logits and their gradient for one chunk of targets. */
  public long headBytes(int targets) {
    throw new UnsupportedOperationException("follows");
  }

  /** Keys and values of all layers. */
  public long kvCacheBytes(int rows, int columns) {
    return 2L * config.layers() * rows * columns * config.attention().kvWidth() * compute.bytes();
  }
}
