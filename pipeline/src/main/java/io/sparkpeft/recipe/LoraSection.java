package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.PEFT;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The keys of PEFT's LoraConfig. */
final class LoraSection {
  private LoraSection() {}

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

  static final Key<String> INIT_LORA_WEIGHTS =
      Key.of(
              "adapter.init_lora_weights",
              ValueTypes.oneOf(
                  List.of("true", "gaussian", "orthogonal", "pissa", "olora", "loftq", "false"),
                  "pissa_niter_N",
                  "pissa_niter_\\d{1,3}"),
              "true",
              "How A and B begin. true: A from Kaiming's uniform distribution, B zero; gaussian: A"
                  + " normal with deviation 1 / r, B zero; orthogonal: A and B over the odd and the"
                  + " even rows of one orthogonal matrix, so that B A is zero (r even); pissa: the"
                  + " r largest singular values of the weight, which is left without them"
                  + " (arXiv:2404.02948), pissa_niter_N approximately, by N rounds and much faster;"
                  + " olora: the first r columns of Q and rows of R (arXiv:2406.01775); loftq: what"
                  + " model.quantization lost of the weight (arXiv:2310.08659, one iteration);"
                  + " false: both random. The base itself never changes: an adapter that began as a part of it"
                  + " is saved as LoRA of twice the rank, as PEFT converts it.")
          .as(PEFT);

  static final Key<Boolean> USE_DORA =
      Key.of(
              "adapter.use_dora",
              ValueTypes.BOOLEAN,
              false,
              "Train the norms of the weights' rows apart from their directions"
                  + " (arXiv:2402.09353).")
          .as(PEFT);

  static final Key<Boolean> LORA_BIAS =
      Key.of(
              "adapter.lora_bias",
              ValueTypes.BOOLEAN,
              false,
              "Give B a bias. It can be merged only into layers that have one.")
          .as(PEFT);

  static final Key<Optional<List<String>>> TARGET_PARAMETERS =
      Key.optional(
              "adapter.target_parameters",
              ValueTypes.listOf(ValueTypes.TEXT),
              "none",
              "Experts that get an adapter, and what chooses among them, by the ends of PEFT's names:"
                  + " mlp.experts.gate_up_proj, mlp.experts.down_proj, mlp.gate.weight. In all"
                  + " layers, whatever layers_to_transform says; they need lora_dropout = 0 and go"
                  + " without use_dora and lora_bias. With no target_modules they are all that is"
                  + " adapted.")
          .as(PEFT);

  static final Key<Optional<JsonNode>> TRAINABLE_TOKEN_INDICES =
      Key.optional(
              "adapter.trainable_token_indices",
              ValueTypes.INDICES,
              "none",
              "Tokens whose rows of the embedding are trained: their numbers, or a map from"
                  + " embed_tokens and lm_head to such lists. A tied head has the same rows.")
          .as(PEFT);

  static final Key<Boolean> ENSURE_WEIGHT_TYING =
      Key.of(
              "adapter.ensure_weight_tying",
              ValueTypes.BOOLEAN,
              false,
              "Let a head that is tied to its embedding follow what target_modules and"
                  + " modules_to_save do to that; else the two part.")
          .as(PEFT);

  static final Key<Bias> BIAS =
      Key.of(
              "adapter.bias",
              ValueTypes.oneOf(Bias.class),
              Bias.NONE,
              "Which biases of the base are trained: all, or lora_only, those of adapted layers.")
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
          USE_DORA,
          LORA_BIAS,
          BIAS,
          TARGET_PARAMETERS,
          TRAINABLE_TOKEN_INDICES,
          ENSURE_WEIGHT_TYING);
}
