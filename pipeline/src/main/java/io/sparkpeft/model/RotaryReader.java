package io.sparkpeft.model;

import java.util.List;
import java.util.Optional;

/**
 * Reads {@code rope_theta} and {@code rope_scaling}, or their successor {@code rope_parameters},
 * which may hold one set of values for each kind of layer.
 */
final class RotaryReader {
  private static final double DEFAULT_THETA = 10000;

  private final ConfigValues config;
  private final int headDim;
  private final int positions;

  RotaryReader(ConfigValues config, int headDim, int positions) {
    this.config = config;
    this.headDim = headDim;
    this.positions = positions;
  }

  /** The one of all layers. */
  Rotary read() {
    return read(parameters(), "rope_theta");
  }

  /** That of layers without a window, where layers differ. */
  Rotary ofFullAttention() {
    return read(ofKind("full_attention").or(() -> config.child("rope_scaling")), "rope_theta");
  }

  /** That of layers with a window, where layers differ; it is never stretched by the old keys. */
  Rotary ofSlidingAttention() {
    return read(ofKind("sliding_attention"), "rope_local_base_freq");
  }

  private Optional<ConfigValues> parameters() {
    return config.child("rope_scaling").or(() -> config.child("rope_parameters"));
  }

  private Optional<ConfigValues> ofKind(String layers) {
    return config.child("rope_parameters").flatMap(parameters -> parameters.child(layers));
  }

  private Rotary read(Optional<ConfigValues> scaling, String thetaKey) {
    double theta =
        scaling
            .flatMap(values -> values.number("rope_theta"))
            .or(() -> config.number(thetaKey))
            .orElse(DEFAULT_THETA);
    double share =
        scaling
            .flatMap(values -> values.number("partial_rotary_factor"))
            .or(() -> config.number("partial_rotary_factor"))
            .orElse(1.0);
    int features = features(share);
    return new Rotary(
        features,
        theta,
        scaling.map(values -> scaling(values, features)).orElse(new RotaryScaling.None()));
  }

  private int features(double share) {
    int features = (int) (headDim * share);
    if (features % 2 != 0 || features < 2 || features > headDim) {
      throw ModelErrors.impossible(
          "the size of a head is %d and the share of it that turns %s".formatted(headDim, share),
          "Rotary positions need an even number of features");
    }
    return features;
  }

  private double originalLength(ConfigValues scaling) {
    return config
        .number("original_max_position_embeddings")
        .or(() -> scaling.number("original_max_position_embeddings"))
        .orElse((double) positions);
  }

  private RotaryScaling scaling(ConfigValues values, int features) {
    String type = type(values);
    double original = originalLength(values);
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
      case "yarn" -> yarn(values, original);
      case "longrope" -> longRope(values, features, original);
      default ->
          throw ModelErrors.unsupported(
              "rope_type", type, "default, linear, dynamic, llama3, yarn, longrope");
    };
  }

  /** Phi-3's first checkpoints call longrope su or yarn. */
  private static String type(ConfigValues values) {
    return values.isSet("short_factor")
        ? "longrope"
        : values.text("rope_type").or(() -> values.text("type")).orElse("default");
  }

  private RotaryScaling longRope(ConfigValues values, int features, double original) {
    List<Double> shortFactors = values.numbers("short_factor");
    List<Double> longFactors = values.numbers("long_factor");
    if (shortFactors.size() != features / 2 || longFactors.size() != features / 2) {
      throw ModelErrors.impossible(
          "rope_scaling has %d short_factor and %d long_factor"
              .formatted(shortFactors.size(), longFactors.size()),
          "There must be one for each of %d pairs of features".formatted(features / 2));
    }
    double factor = values.number("factor").orElse(positions / original);
    return new RotaryScaling.LongRope(
        shortFactors,
        longFactors,
        values
            .number("attention_factor")
            .orElseGet(() -> RotaryScaling.LongRope.sharpening(factor, original)),
        (int) original);
  }

  private RotaryScaling yarn(ConfigValues values, double original) {
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
