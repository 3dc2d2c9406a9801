package io.sparkpeft.model;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The nonlinear function of the feed-forward part. */
public enum Activation {
  /** x sigmoid(x). */
  SILU,

  /** x times the normal distribution up to x. (Hendrycks and Gimpel 2016, arXiv:1606.08415.) */
  GELU,

  /** The same by its approximation with a hyperbolic tangent. */
  TANH_GELU,

  TANH,

  /** max(x, 0). */
  RELU;

  private static final Map<String, Activation> BY_NAME =
      new TreeMap<>(
          Map.of(
              "silu", SILU,
              "swish", SILU,
              "gelu", GELU,
              "gelu_new", TANH_GELU,
              "gelu_pytorch_tanh", TANH_GELU,
              "gelu_fast", TANH_GELU,
              "relu", RELU,
              "tanh", TANH));

  /** The activation that config.json calls so. */
  static Optional<Activation> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  static String allNames() {
    return String.join(", ", BY_NAME.keySet());
  }

  /** Its name in {@code kernels/mlp.py}. */
  String kernel() {
    return name().toLowerCase(Locale.ROOT);
  }
}
