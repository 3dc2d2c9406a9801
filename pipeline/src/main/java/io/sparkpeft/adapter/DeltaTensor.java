package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;

/**
 * A tensor that an adapter brings into its base's computation. The backward pass gives its gradient
 * by this name.
 *
 * @param name that of the trained tensor, if it is one itself: its key in adapter_model.safetensors
 * @param value fp32
 */
public record DeltaTensor(String name, NDArray value) {}
