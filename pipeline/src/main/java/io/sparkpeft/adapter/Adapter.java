package io.sparkpeft.adapter;

import java.util.List;
import java.util.Optional;

/**
 * An adapter over a base model: a value that the base's layers are called with, never a part of
 * them. Its tensors may be read by many threads; only an optimizer writes them, between steps.
 */
public interface Adapter extends AutoCloseable {

  /** PEFT's configuration of it. */
  LoraConfig config();

  /** All trainable tensors, ordered by name; their offsets tile [0, {@link #parameterCount}). */
  List<AdapterParameter> parameters();

  /** What it adds to the linear layer of that path, if it is a target. */
  Optional<LowRankDelta> delta(String module);

  /** Where the gradients of that module's A and B begin in the flat gradient. */
  DeltaOffsets offsets(String module);

  /** The number of trained values. */
  int parameterCount();

  @Override
  void close();

  /** Offsets of the gradients of A [r, in] and B [out, r], row-major, in the flat gradient. */
  record DeltaOffsets(int a, int b) {}
}
