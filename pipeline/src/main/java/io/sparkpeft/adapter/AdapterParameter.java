package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;

/**
 * One trainable tensor of an adapter.
 *
 * @param name its key in PEFT's adapter_model.safetensors
 * @param value fp32
 * @param offset where its gradient begins in the flat gradient of the whole adapter
 */
public record AdapterParameter(String name, NDArray value, int offset) {
  /** As part of a delta. */
  DeltaTensor tensor() {
    return new DeltaTensor(name, value);
  }

  public ParameterRole role() {
    return ParameterRole.of(name);
  }

  public int size() {
    return Math.toIntExact(value.size());
  }
}
