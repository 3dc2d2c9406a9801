package io.sparkpeft.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.BaseWeights;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.adapter.WeightStack;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.quant.QuantizationConfig;
import io.sparkpeft.quant.QuantizedFormat;
import io.sparkpeft.tensor.Dtype;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The architecture of a causal decoder, as choices independent of each other; a family of models is
 * a combination of them.
 *
 * @param modelType the family's name in config.json
 * @param names where the family keeps its modules
 * @param layerPlans what is a layer's own, for each layer
 * @param hiddenSize width of the residual stream
 * @param vocabularySize rows of the embedding, and of the head
 * @param maxPositionEmbeddings the context that the model was trained for, in tokens
 * @param embedding how tokens enter
 * @param normalization of the residual stream
 * @param attention heads and their sizes
 * @param mlp the feed-forward part
 * @param residual how the parts of a layer are joined
 * @param biased the linear layers that have a bias
 * @param head how logits leave
 * @param stored the type that config.json says its weights have; empty if it does not say
 * @param quantization how the weights of the layers' linear modules are quantised, if they are
 * @param bosId begin of sequence, if config.json names one
 * @param eosIds ends of sequence
 */
public record DecoderConfig(
    String modelType,
    ModuleNames names,
    List<LayerPlan> layerPlans,
    int hiddenSize,
    int vocabularySize,
    int maxPositionEmbeddings,
    Embedding embedding,
    Normalization normalization,
    Attention attention,
    Mlp mlp,
    Residual residual,
    Set<Projection> biased,
    HeadShape head,
    Optional<Dtype> stored,
    Optional<Quantization> quantization,
    Optional<Integer> bosId,
    Set<Integer> eosIds) {

  public DecoderConfig {
    layerPlans = List.copyOf(layerPlans);
    biased = Set.copyOf(biased);
    eosIds = Set.copyOf(eosIds);
  }

  /**
   * What one layer may have otherwise than the next.
   *
   * @param rotary how positions enter its attention; empty if they do not
   * @param window how many positions a token sees, itself among them; empty for all before it
   */
  public record LayerPlan(Optional<Rotary> rotary, OptionalInt window) {}

  /**
   * @param scale multiplies a token's embedding
   * @param learnedOffset in a table of learned positions, the row of position 0; empty without one
   */
  public record Embedding(double scale, OptionalInt learnedOffset) {}

  /**
   * @param eps added to the mean square, or to the variance
   */
  public record Normalization(NormKind kind, double eps) {}

  /**
   * Causal attention with grouped queries. (Ainslie et al. 2023, arXiv:2305.13245.)
   *
   * @param heads of the queries
   * @param kvHeads of keys and values; divides heads
   * @param headDim features of one head
   * @param scale multiplies the product of query and key
   * @param softCap c of c tanh(score / c), if scores are capped
   * @param fusion which linear layers make queries, keys and values
   * @param headNorms whether each head's query and key are normalised
   * @param alibi whether scores have a bias that falls with distance (Press et al. 2021,
   *     arXiv:2108.12409)
   */
  public record Attention(
      int heads,
      int kvHeads,
      int headDim,
      double scale,
      OptionalDouble softCap,
      Fusion fusion,
      boolean headNorms,
      boolean alibi) {
    int queryWidth() {
      return heads * headDim;
    }

    int kvWidth() {
      return kvHeads * headDim;
    }
  }

  /**
   * @param shape of the network, or of every expert
   * @param intermediateSize its inner width
   * @param experts if there are many such networks
   */
  public record Mlp(
      MlpShape shape, Activation activation, int intermediateSize, Optional<Experts> experts) {

    List<Projection> projections() {
      return experts.isPresent()
          ? List.of()
          : Stream.concat(shape.projections().stream(), Stream.of(Projection.DOWN)).toList();
    }
  }

  /**
   * @param tied whether its weight is the embedding
   * @param biased whether it has a bias
   * @param softCap c of c tanh(logit / c), if logits are capped
   */
  public record HeadShape(boolean tied, boolean biased, OptionalDouble softCap) {}

  /**
   * Reads a Hugging Face config.json; keys that are left out have the family's defaults there.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) naming what is not supported, (65) naming
   *     what is missing or impossible
   */
  public static DecoderConfig read(JsonNode config) {
    return ConfigReader.read(config);
  }

  /**
   * The same for a model that may be quantised on load.
   *
   * @param wanted how, if it is to be
   * @throws io.sparkpeft.base.SparkPeftException as {@link #read(JsonNode)}; (78) too if it is
   *     quantised in another way already
   */
  public static DecoderConfig read(JsonNode config, Optional<Quantization> wanted) {
    return read(config).with(QuantizationConfig.onLoad(config, wanted));
  }

  private DecoderConfig with(Optional<Quantization> other) {
    return new DecoderConfig(
        modelType,
        names,
        layerPlans,
        hiddenSize,
        vocabularySize,
        maxPositionEmbeddings,
        embedding,
        normalization,
        attention,
        mlp,
        residual,
        biased,
        head,
        stored,
        other,
        bosId,
        eosIds);
  }

  public int layers() {
    return layerPlans.size();
  }

  /** All linear layers, in the order in which they are computed, by PEFT's names; the head last. */
  public List<LinearModule> linearModules() {
    List<LinearModule> modules = new ArrayList<>();
    for (int layer = 0; layer < layers(); layer++) {
      for (Projection projection : projections()) {
        modules.add(module(layer, projection));
      }
    }
    modules.add(headModule());
    return List.copyOf(modules);
  }

  /**
   * Where a checkpoint keeps the weights of the linear layers.
   *
   * @param stored the names of all weights in it
   */
  public BaseWeights weights(Set<String> stored) {
    return new StoredNames(this, stored).weights();
  }

  /** What an adapter has to know of it. */
  public BaseModel baseModel() {
    return new BaseModel(
        modelType,
        linearModules(),
        new BaseModel.EmbeddingModule(names.embeddingModule(), vocabularySize, hiddenSize),
        layers(),
        attention.kvHeads(),
        attention.headDim(),
        head.tied(),
        adaptableTensors(),
        mlp.experts().map(this::mixture));
  }

  private BaseModel.Mixture mixture(Experts experts) {
    List<String> paths =
        IntStream.range(0, layers())
            .mapToObj(names::layer)
            .flatMap(layer -> experts.named(layer).stream())
            .toList();
    List<WeightStack> stacks =
        IntStream.range(0, layers())
            .mapToObj(names::layer)
            .flatMap(layer -> experts.stacks(layer, hiddenSize, mlp.intermediateSize()).stream())
            .toList();
    return new BaseModel.Mixture(experts.lastNames(), paths, experts.formerNames(), stacks);
  }

  /** All but those of experts, which nothing can be trained in place of. */
  private Map<String, long[]> adaptableTensors() {
    Map<String, long[]> tensors = WeightShapes.of(this).byName();
    mlp.experts().ifPresent(experts -> tensors.keySet().removeIf(experts::own));
    return tensors;
  }

  /**
   * All weights by transformers' names, with the shapes that checkpoints in Hugging Face's layout
   * store them in; a tied head is not among them.
   */
  public Map<String, long[]> weightShapes() {
    return WeightShapes.of(this).all();
  }

  /** Whose weights are quantised, if any are: all linear layers, also of experts, but the head. */
  public List<LinearModule> quantizedModules() {
    List<LinearModule> modules = new ArrayList<>(linearModules());
    modules.remove(headModule());
    mlp.experts().ifPresent(experts -> modules.addAll(modulesOf(experts)));
    return List.copyOf(modules);
  }

  /**
   * The same of a checkpoint: those that are quantised in it, or all where none is yet.
   *
   * @param tensors the names of all tensors in it; none if they are not known
   */
  List<LinearModule> quantizedModules(Set<String> tensors) {
    StoredNames stored = new StoredNames(this, tensors);
    List<LinearModule> there =
        quantizedModules().stream()
            .filter(
                module ->
                    stored
                        .of(ModuleNames.weight(module.name()))
                        .filter(weight -> QuantizedFormat.isQuantized(tensors, weight))
                        .isPresent())
            .toList();
    return there.isEmpty() ? quantizedModules() : there;
  }

  private List<LinearModule> modulesOf(Experts experts) {
    return IntStream.range(0, layers())
        .mapToObj(names::layer)
        .flatMap(layer -> experts.modules(layer, hiddenSize, mlp.intermediateSize()))
        .toList();
  }

  /** The layers that choose among experts. Small, and four bits would choose others. */
  List<String> routers() {
    return mlp.experts().stream()
        .flatMap(
            experts -> IntStream.range(0, layers()).mapToObj(names::layer).map(experts::router))
        .toList();
  }

  LinearModule headModule() {
    return new LinearModule(ModuleNames.HEAD, hiddenSize, vocabularySize);
  }

  /** The linear layers of one decoder layer. */
  List<Projection> projections() {
    return Stream.of(
            attention.fusion().projections(), List.of(Projection.OUTPUT), mlp.projections())
        .flatMap(List::stream)
        .toList();
  }

  LinearModule module(int layer, Projection projection) {
    return new LinearModule(
        names.module(layer, projection),
        projection.in(this),
        projection.out(this),
        names.transposed());
  }

  /** Whether a norm stands between the last layer and the head. */
  boolean hasFinalNorm() {
    return residual != Residual.NORM_LAST;
  }

  /** All weights of the model; a tied head counts once. */
  public long parameterCount() {
    return WeightShapes.of(this).count();
  }

  /** The weights of one layer. */
  long layerParameterCount() {
    return WeightShapes.ofLayer(this, 0).count();
  }

  /** The tokens that end an answer: its own ends of sequence and the tokenizer's. */
  public Set<Integer> stopIds(OptionalInt tokenizersEos) {
    Set<Integer> ids = new TreeSet<>(eosIds);
    tokenizersEos.ifPresent(ids::add);
    return Collections.unmodifiableSet(ids);
  }

  /** The most tokens that the model can be given at once. */
  public int contextLength() {
    return layerPlans.stream()
        .flatMap(layer -> layer.rotary().stream())
        .mapToInt(rotary -> rotary.scaling().contextLength(maxPositionEmbeddings))
        .max()
        .orElse(maxPositionEmbeddings);
  }

  /**
   * The length at which a growing text's earlier positions change all at once, once: the first that
   * the short wavelengths of {@code longrope} do not fit.
   */
  OptionalInt outgrownLength() {
    return layerPlans.stream()
        .flatMap(layer -> layer.rotary().stream())
        .filter(rotary -> rotary.scaling() instanceof RotaryScaling.LongRope)
        .mapToInt(rotary -> rotary.scaling().stableLength(maxPositionEmbeddings) + 1)
        .findFirst();
  }
}
