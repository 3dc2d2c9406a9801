package io.sparkpeft.model;

import static io.sparkpeft.model.Projection.DOWN;
import static io.sparkpeft.model.Projection.GATE;
import static io.sparkpeft.model.Projection.KEY;
import static io.sparkpeft.model.Projection.OUTPUT;
import static io.sparkpeft.model.Projection.QUERY;
import static io.sparkpeft.model.Projection.QUERY_KEY_VALUE;
import static io.sparkpeft.model.Projection.UP;
import static io.sparkpeft.model.Projection.VALUE;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.model.DecoderConfig.Embedding;
import io.sparkpeft.model.DecoderConfig.LayerPlan;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** What configs decide, by the rules of transformers' classes. */
final class FamilyRules {
  static final Set<Projection> ALL = EnumSet.allOf(Projection.class);
  static final Set<Projection> HEADS = EnumSet.of(QUERY, KEY, VALUE, QUERY_KEY_VALUE);
  private static final Set<Projection> ATTENTION =
      EnumSet.of(QUERY, KEY, VALUE, QUERY_KEY_VALUE, OUTPUT);
  private static final Set<Projection> MLP = EnumSet.of(GATE, UP, DOWN);
  private static final String SLIDING = "sliding_attention";
  private static final String FULL = "full_attention";

  private FamilyRules() {}

  static JsonNode parsed(String json) {
    try {
      return Json.parse(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  // Heads.

  static int kvHeads(ConfigValues config) {
    return config.positive("num_key_value_heads", config.positive("num_attention_heads"));
  }

  /** One for all in the first Falcons, groups in the later ones. */
  static int falconKvHeads(ConfigValues config) {
    boolean oneForAll = config.flag("multi_query") && !config.flag("new_decoder_architecture");
    return oneForAll ? 1 : kvHeads(config);
  }

  // Embeddings.

  static Embedding scaled(int hidden) {
    return new Embedding(Math.sqrt(hidden), OptionalInt.empty());
  }

  static Embedding learnedPositions(int offset) {
    return new Embedding(1, OptionalInt.of(offset));
  }

  // Biases.

  static Set<Projection> llamaBiases(ConfigValues config) {
    Set<Projection> biased = EnumSet.noneOf(Projection.class);
    biased.addAll(config.flag("attention_bias") ? ATTENTION : Set.of());
    biased.addAll(config.flag("mlp_bias") ? MLP : Set.of());
    return biased;
  }

  static Set<Projection> neoxBiases(ConfigValues config) {
    return config.flag("attention_bias") ? ALL : MLP;
  }

  static Set<Projection> allIf(ConfigValues config, String key) {
    return config.flag(key) ? ALL : Set.of();
  }

  // Experts.

  static Experts mixtralExperts(ConfigValues config) {
    refuse(config, "router_jitter_noise", "0");
    return experts(config, config.positive("num_local_experts"), true, Experts.Names.MIXTRAL);
  }

  /** Older configs count them under another name than newer ones. */
  static Experts qwenExperts(ConfigValues config) {
    refuse(config, "mlp_only_layers", "[]");
    if (config.positive("decoder_sparse_step") != 1) {
      throw ModelErrors.unsupported(
          "decoder_sparse_step", String.valueOf(config.positive("decoder_sparse_step")), "1");
    }
    int count = config.positive("num_local_experts", config.positive("num_experts"));
    return experts(config, count, config.flag("norm_topk_prob"), Experts.Names.QWEN);
  }

  private static Experts experts(
      ConfigValues config, int count, boolean normalized, Experts.Names names) {
    refuse(config, "output_router_logits", "false: the routers' own loss is not computed");
    int perToken = config.positive("num_experts_per_tok");
    if (perToken > count) {
      throw ModelErrors.impossible(
          "num_experts_per_tok is %d of %d experts".formatted(perToken, count),
          "A token cannot be computed by more experts than there are");
    }
    return new Experts(count, perToken, normalized, names);
  }

  private static void refuse(ConfigValues config, String key, String computed) {
    if (config.isSet(key)) {
      throw ModelErrors.unsupported(key, config.valueText(key), computed);
    }
  }

  // Residuals.

  static Residual neoxResidual(ConfigValues config) {
    return config.flag("use_parallel_residual") ? Residual.PARALLEL_TWO_NORMS : Residual.NORM_FIRST;
  }

  static Residual optResidual(ConfigValues config) {
    return config.flag("do_layer_norm_before") ? Residual.NORM_FIRST : Residual.NORM_LAST;
  }

  static Residual falconResidual(ConfigValues config) {
    if (config.flag("new_decoder_architecture")) {
      return config.positive("num_ln_in_parallel_attn", 2) == 2
          ? Residual.PARALLEL_TWO_NORMS
          : Residual.PARALLEL;
    }
    return config.flag("parallel_attn") ? Residual.PARALLEL : Residual.NORM_FIRST;
  }

  static ModuleNames falconNames(ConfigValues config) {
    return falconResidual(config) == Residual.PARALLEL_TWO_NORMS
        ? ModuleNames.FALCON_TWO_NORMS
        : ModuleNames.FALCON;
  }

  // Positions and windows.

  /** All layers turn, and see everything before them. */
  static LayerPlan everywhere(ConfigValues config, RotaryReader rotary, int layer) {
    return plan(rotary.read(), OptionalInt.empty());
  }

  /** No layer turns: positions are in the embedding. */
  static LayerPlan withoutTurning(ConfigValues config, RotaryReader rotary, int layer) {
    return new LayerPlan(Optional.empty(), OptionalInt.empty());
  }

  static LayerPlan falconLayer(ConfigValues config, RotaryReader rotary, int layer) {
    return config.flag("alibi")
        ? withoutTurning(config, rotary, layer)
        : everywhere(config, rotary, layer);
  }

  /** All layers have the window, if there is one. */
  static LayerPlan windowed(ConfigValues config, RotaryReader rotary, int layer) {
    return plan(rotary.read(), window(config));
  }

  static LayerPlan qwenLayer(ConfigValues config, RotaryReader rotary, int layer) {
    boolean slides = layer >= config.positive("max_window_layers", Integer.MAX_VALUE);
    return plan(rotary.read(), windowIf(slides(config, layer, slides), config));
  }

  static LayerPlan gemma2Layer(ConfigValues config, RotaryReader rotary, int layer) {
    return plan(rotary.read(), windowIf(slides(config, layer, layer % 2 == 0), config));
  }

  static LayerPlan gemma3Layer(ConfigValues config, RotaryReader rotary, int layer) {
    boolean byPattern = (layer + 1) % config.positive("sliding_window_pattern", 6) != 0;
    boolean slides = slides(config, layer, byPattern);
    return plan(
        slides ? rotary.ofSlidingAttention() : rotary.ofFullAttention(), windowIf(slides, config));
  }

  static LayerPlan smollm3Layer(ConfigValues config, RotaryReader rotary, int layer) {
    List<Integer> given = config.ids("no_rope_layers"); // 1 where a layer does turn
    boolean turns =
        given.size() > layer
            ? given.get(layer) != 0
            : (layer + 1) % config.positive("no_rope_layer_interval") != 0;
    return new LayerPlan(
        turns ? Optional.of(rotary.read()) : Optional.empty(),
        windowIf(slides(config, layer, !turns), config));
  }

  private static LayerPlan plan(Rotary rotary, OptionalInt window) {
    return new LayerPlan(Optional.of(rotary), window);
  }

  /** Whether a layer has the window: as the config lists it, or else as the family does. */
  private static boolean slides(ConfigValues config, int layer, boolean otherwise) {
    List<String> kinds = config.texts("layer_types");
    if (kinds.isEmpty()) {
      return otherwise;
    }
    String kind = layer < kinds.size() ? kinds.get(layer) : "left out";
    if (!kind.equals(SLIDING) && !kind.equals(FULL)) {
      throw ModelErrors.unsupported("layer_types", kind, SLIDING + ", " + FULL);
    }
    return kind.equals(SLIDING);
  }

  private static OptionalInt windowIf(boolean slides, ConfigValues config) {
    return slides ? window(config) : OptionalInt.empty();
  }

  private static OptionalInt window(ConfigValues config) {
    return config.flag("use_sliding_window", true) && config.isSet("sliding_window")
        ? OptionalInt.of(config.positive("sliding_window"))
        : OptionalInt.empty();
  }
}
