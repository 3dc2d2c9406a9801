package io.sparkpeft.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.model.DecoderConfig.Embedding;
import io.sparkpeft.model.DecoderConfig.LayerPlan;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/**
 * A family of models: a combination of choices, the names of its modules, and how its config.json
 * is read. What a config decides is a function of its values.
 *
 * @param modelType as config.json names it
 * @param names of its modules
 * @param norm of the residual stream
 * @param embedding by the width of the residual stream
 * @param fusion of queries, keys and values
 * @param kvHeads heads of keys and values
 * @param headNorms whether each head's query and key are normalised
 * @param mlp its feed-forward part
 * @param experts the mixture that its feed-forward part is, if it is one
 * @param activations what it means by names of activations that others mean otherwise
 * @param residual how the parts of a layer are joined
 * @param biased the linear layers of a layer that have a bias
 * @param headBias whether the head has one
 * @param layers what is a layer's own
 * @param keys what it calls keys that others call otherwise
 * @param defaults the values of keys that a config leaves out, by the family's names for them; a
 *     key that would change the model is understood only if it stands here
 */
record Family(
    String modelType,
    Function<ConfigValues, ModuleNames> names,
    NormKind norm,
    IntFunction<Embedding> embedding,
    Fusion fusion,
    ToIntFunction<ConfigValues> kvHeads,
    boolean headNorms,
    MlpShape mlp,
    Function<ConfigValues, Optional<Experts>> experts,
    Map<String, String> activations,
    Function<ConfigValues, Residual> residual,
    Function<ConfigValues, Set<Projection>> biased,
    boolean headBias,
    LayerRule layers,
    Map<String, String> keys,
    JsonNode defaults) {

  /** Decides what is a layer's own. */
  @FunctionalInterface
  interface LayerRule {
    LayerPlan plan(ConfigValues config, RotaryReader rotary, int layer);
  }

  ConfigValues values(JsonNode config) {
    return new ConfigValues(config, keys, defaults);
  }

  boolean understands(String key) {
    return defaults.has(key);
  }

  /** Begins with LLaMA's choices and no key of its own. */
  static Builder named(String modelType, ModuleNames names) {
    return new Builder(modelType, names);
  }

  /** Collects what a family does otherwise than LLaMA. */
  static final class Builder {
    private final String modelType;
    private Function<ConfigValues, ModuleNames> names;
    private NormKind norm = NormKind.RMS;
    private IntFunction<Embedding> embedding = hidden -> new Embedding(1, OptionalInt.empty());
    private Fusion fusion = Fusion.SEPARATE;
    private ToIntFunction<ConfigValues> kvHeads = FamilyRules::kvHeads;
    private boolean headNorms;
    private MlpShape mlp = MlpShape.GATED;
    private Function<ConfigValues, Optional<Experts>> experts = config -> Optional.empty();
    private Map<String, String> activations = Map.of();
    private Function<ConfigValues, Residual> residual = config -> Residual.NORM_FIRST;
    private Function<ConfigValues, Set<Projection>> biased = config -> Set.of();
    private boolean headBias;
    private LayerRule layers = FamilyRules::everywhere;
    private Map<String, String> keys = Map.of("norm_eps", "rms_norm_eps");

    private Builder(String modelType, ModuleNames names) {
      this.modelType = modelType;
      this.names = config -> names;
    }

    Builder names(Function<ConfigValues, ModuleNames> value) {
      names = value;
      return this;
    }

    Builder norm(NormKind value) {
      norm = value;
      return this;
    }

    Builder embedding(IntFunction<Embedding> value) {
      embedding = value;
      return this;
    }

    Builder fusion(Fusion value) {
      fusion = value;
      return this;
    }

    Builder kvHeads(ToIntFunction<ConfigValues> value) {
      kvHeads = value;
      return this;
    }

    Builder headNorms() {
      headNorms = true;
      return this;
    }

    Builder mlp(MlpShape value) {
      mlp = value;
      return this;
    }

    Builder experts(Function<ConfigValues, Experts> value) {
      experts = config -> Optional.of(value.apply(config));
      return this;
    }

    Builder activations(Map<String, String> value) {
      activations = value;
      return this;
    }

    Builder residual(Function<ConfigValues, Residual> value) {
      residual = value;
      return this;
    }

    Builder biased(Function<ConfigValues, Set<Projection>> value) {
      biased = value;
      return this;
    }

    Builder headBias() {
      headBias = true;
      return this;
    }

    Builder layers(LayerRule value) {
      layers = value;
      return this;
    }

    Builder keys(Map<String, String> value) {
      keys = value;
      return this;
    }

    /** As JSON; the last thing that is said of a family. */
    Family defaults(String json) {
      return new Family(
          modelType,
          names,
          norm,
          embedding,
          fusion,
          kvHeads,
          headNorms,
          mlp,
          experts,
          activations,
          residual,
          biased,
          headBias,
          layers,
          keys,
          FamilyRules.parsed(json));
    }
  }
}
