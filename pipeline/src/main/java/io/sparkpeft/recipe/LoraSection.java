package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.PEFT;

import java.util.List;
import java.util.Map;

/** The keys of PEFT's LoraConfig. */
final class LoraSection {
  private LoraSection() {}

  /** How A begins; B begins with zeros unless this is {@code false}. */
  enum InitLoraWeights {
    /** PEFT's default: A from Kaiming's uniform distribution. */
    TRUE,
    GAUSSIAN,
    /** A and B both random, so that the untrained adapter changes the model: for tests. */
    FALSE
  }

  /** Which biases are trained. */
  enum Bias {
    NONE,
    ALL,
    LORA_ONLY
  }

  static final Key<Integer> R =
      Key.of("adapter.r", ValueTypes.INTEGER, 8, "Rank of the matrices A and B.")
          .must("at least 1", r -> r >= 1)
          .as(PEFT);

  static final Key<Double> LORA_ALPHA =
      Key.of(
              "adapter.lora_alpha",
              ValueTypes.NUMBER,
              16.0,
              "B A is scaled by alpha / r (by alpha / sqrt(r) with use_rslora); usually 2 r.")
          .must("more than 0", alpha -> alpha > 0)
          .as(PEFT);

  static final Key<Double> LORA_DROPOUT =
      Key.of(
              "adapter.lora_dropout",
              ValueTypes.NUMBER,
              0.05,
              "Probability of dropping an input of A while training.")
          .must("at least 0 and less than 1", p -> p >= 0 && p < 1)
          .as(PEFT);

  static final Key<Map<String, Integer>> RANK_PATTERN =
      Key.of(
              "adapter.rank_pattern",
              ValueTypes.mapOf(ValueTypes.INTEGER),
              Map.of(),
              "Another rank for layers whose names end so (or match so).")
          .must("a map to ranks of at least 1", m -> m.values().stream().allMatch(r -> r >= 1))
          .as(PEFT);

  static final Key<Map<String, Double>> ALPHA_PATTERN =
      Key.of(
              "adapter.alpha_pattern",
              ValueTypes.mapOf(ValueTypes.NUMBER),
              Map.of(),
              "Another alpha for layers whose names end so (or match so).")
          .must("a map to numbers above 0", m -> m.values().stream().allMatch(a -> a > 0))
          .as(PEFT);

  static final Key<Boolean> USE_RSLORA =
      Key.of(
              "adapter.use_rslora",
              ValueTypes.BOOLEAN,
              false,
              "Scale by alpha / sqrt(r) (arXiv:2312.03732).")
          .as(PEFT);

  static final Key<InitLoraWeights> INIT_LORA_WEIGHTS =
      Key.of(
              "adapter.init_lora_weights",
              ValueTypes.oneOf(InitLoraWeights.class),
              InitLoraWeights.TRUE,
              "How A begins: true is Kaiming's uniform, gaussian is normal with deviation 1 / r;"
                  + " B is zero. false draws both.")
          .as(PEFT);

  static final Key<Bias> BIAS =
      Key.of("adapter.bias", ValueTypes.oneOf(Bias.class), Bias.NONE, "Which biases are trained.")
          .as(PEFT);

  static final List<Key<?>> KEYS =
      List.of(
          R,
          LORA_ALPHA,
          LORA_DROPOUT,
          RANK_PATTERN,
          ALPHA_PATTERN,
          USE_RSLORA,
          INIT_LORA_WEIGHTS,
          BIAS);
}
