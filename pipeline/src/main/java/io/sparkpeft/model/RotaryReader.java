package io.sparkpeft.model;

import java.util.Optional;

/**
 * Reads {@code rope_theta} and {@code rope_scaling}, or their successor {@code rope_parameters}.
 */
final class RotaryReader {
  private static final double DEFAULT_THETA = 10000;

  private RotaryReader() {}

  static Rotary read(ConfigValues config, int positions) {
    Optional<ConfigValues> scaling =
        config.child("rope_scaling").or(() -> config.child("rope_parameters"));
    double theta =
        scaling
            .flatMap(values -> values.number("rope_theta"))
            .or(() -> config.number("rope_theta"))
            .orElse(DEFAULT_THETA);
    double share =
        scaling
            .flatMap(values -> values.number("partial_rotary_factor"))
            .or(() -> config.number("partial_rotary_factor"))
            .orElse(1.0);
    if (share != 1) {
      throw ModelErrors.unsupported("partial_rotary_factor", String.valueOf(share), "1.0");
    }
    double original = originalLength(config, scaling, positions);
    return new Rotary(
        theta,
        scaling
            .map(values -> scaling(values, original, positions))
            .orElse(new RotaryScaling.None()));
  }

  private static double originalLength(
      ConfigValues config, Optional<ConfigValues> scaling, int positions) {
    return config
        .number("original_max_position_embeddings")
        .or(() -> scaling.flatMap(values -> values.number("original_max_position_embeddings")))
        .orElse((double) positions);
  }

  private static RotaryScaling scaling(ConfigValues values, double original, int positions) {
    String type = values.text("rope_type").or(() -> values.text("type")).orElse("default");
    return switch (type) {
      case "default" -> new RotaryScaling.None();
      case "linear" -> new RotaryScaling.Linear(values.requiredNumber("factor"));
      case "dynamic" -> new RotaryScaling.Dynamic(values.requiredNumber("factor"));
      case "llama3" ->
          new RotaryScaling.Llama3(
              values.requiredNumber("factor"),
              values.requiredNumber("low_freq_factor"),
              values.requiredNumber("high_freq_factor"),
              original);
      case "yarn" -> yarn(values, original, positions);
      default ->
          throw ModelErrors.unsupported(
              "rope_type", type, "default, linear, dynamic, llama3, yarn");
    };
  }

  private static RotaryScaling yarn(ConfigValues values, double original, int positions) {
    double factor = values.number("factor").orElse(positions / original);
    return new RotaryScaling.Yarn(
        factor,
        values.number("attention_factor").orElseGet(() -> sharpening(values, factor)),
        values.number("beta_fast").filter(beta -> beta != 0).orElse(32.0),
        values.number("beta_slow").filter(beta -> beta != 0).orElse(1.0),
        original,
        values.flag("truncate", true));
  }

  private static double sharpening(ConfigValues values, double factor) {
    double scale = values.number("mscale").orElse(0.0);
    double allDim = values.number("mscale_all_dim").orElse(0.0);
    return scale != 0 && allDim != 0
        ? RotaryScaling.Yarn.sharpening(factor, scale)
            / RotaryScaling.Yarn.sharpening(factor, allDim)
        : RotaryScaling.Yarn.sharpening(factor, 1);
  }
}
