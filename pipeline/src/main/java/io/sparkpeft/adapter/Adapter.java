package io.sparkpeft.adapter;

import io.sparkpeft.weights.NamedTensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An adapter over a base model: a value that the base's layers are called with, never a part of
 * them. Its tensors may be read by many threads; only an optimizer writes them, between steps.
 */
public interface Adapter extends AutoCloseable {

  /** PEFT's configuration of it. */
  AdapterConfig config();

  /** All trainable tensors, ordered by name; their offsets tile [0, {@link #parameterCount}). */
  List<AdapterParameter> parameters();

  /** The number of trained values. */
  int parameterCount();

  /** What it does to the linear layer of that path, if it is a target. */
  Optional<LinearDelta> linear(String module);

  /**
   * What it does to a parameter that holds several matrices, if it is a target.
   *
   * @param path {@link WeightStack#path}
   */
  default Optional<StackDelta> stack(String path) {
    return Optional.empty();
  }

  /** What it does to the embedding of tokens, if anything. */
  default Optional<EmbeddingDelta> embedding() {
    return Optional.empty();
  }

  /**
   * What it trains in place of a frozen tensor of the base, of the same shape: a bias, a norm's
   * weight, the embedding. The weights of linear layers come by {@link #linear}.
   *
   * @param tensor name in the base, {@code model.norm.weight} say
   */
  default Optional<DeltaTensor> replacement(String tensor) {
    return Optional.empty();
  }

  /** Whether a head that is tied to its embedding stays equal to it, changed as it may be. */
  default boolean keepsTie() {
    return false;
  }

  /** What stands before every text in that layer's attention, if anything does. */
  default Optional<Prefix> prefix(int layer) {
    return Optional.empty();
  }

  /** How many virtual tokens stand before every text: positions begin behind them. */
  default int virtualTokens() {
    return 0;
  }

  /** How its deltas' tensors follow from the trained ones; empty where they are the same. */
  default Optional<Derivation> derivation() {
    return Optional.empty();
  }

  /** What adapter_model.safetensors holds of it. */
  default List<NamedTensor> savedTensors() {
    return parameters().stream().map(AdapterWriter::tensor).toList();
  }

  /**
   * Writes adapter_config.json, adapter_model.safetensors and README.md as PEFT does, then reads
   * the weights back and compares.
   *
   * @param folder exists; the caller makes it appear whole
   * @param baseModelName what the configuration names as its base if it names none yet
   * @throws io.sparkpeft.base.SparkPeftException (73) if a file cannot be written or reads back
   *     otherwise, (65) if a value is not finite
   */
  default void save(Path folder, String baseModelName) {
    AdapterWriter.write(folder, config().savedFor(baseModelName), savedTensors());
  }

  @Override
  void close();
}
