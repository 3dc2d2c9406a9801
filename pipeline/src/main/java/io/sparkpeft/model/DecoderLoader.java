package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.FrozenTensors;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.quant.Dequantizer;
import io.sparkpeft.quant.QuantizedFormat;
import io.sparkpeft.quant.QuantizedTensor;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.AttentionKernels.Form;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Makes a decoder's layers out of stored weights. */
final class DecoderLoader {
  private final NDManager manager;
  private final DecoderConfig config;
  private final ModuleNames names;
  private final TensorSource source;
  private final StoredNames stored;
  private final Arithmetic arithmetic;
  private final Keeping keeping;
  private final List<String> order;
  private final StoredQuantization weights;
  private final Map<String, Function<NDManager, NDArray>> frozen = new HashMap<>();
  private Optional<QuantizedWeights> quantized = Optional.empty();

  private DecoderLoader(
      NDManager manager,
      DecoderConfig config,
      TensorSource source,
      Arithmetic arithmetic,
      Keeping keeping) {
    this.manager = manager;
    this.config = config;
    this.names = config.names();
    this.source = source;
    this.stored = new StoredNames(config, source.names());
    this.arithmetic = arithmetic;
    this.keeping = keeping;
    this.weights = new StoredQuantization(config, source, stored);
    this.order = config.linearModules().stream().map(LinearModule::name).toList();
  }

  /** What a decoder consists of. */
  record Parts(
      Embedding embedding,
      List<DecoderLayer> layers,
      Head head,
      FrozenTensors frozen,
      Optional<QuantizedWeights> quantized) {

    /** With weights as they were before they were quantised. */
    Parts withUnquantized(BiFunction<NDManager, LinearModule, NDArray> weights) {
      return new Parts(embedding, layers, head, new BeforeQuantizing(frozen, weights), quantized);
    }
  }

  static Parts load(
      NDManager manager,
      DecoderConfig config,
      TensorSource source,
      Arithmetic arithmetic,
      Keeping keeping) {
    DecoderLoader stored = new DecoderLoader(manager, config, source, arithmetic, keeping);
    stored.check();
    return stored
        .weights
        .quantizingIfWanted(manager)
        .map(packed -> new DecoderLoader(manager, config, packed, arithmetic, keeping).parts())
        .map(parts -> parts.withUnquantized(stored::unquantized))
        .orElseGet(stored::parts);
  }

  private NDArray unquantized(NDManager scope, LinearModule module) {
    TensorEntry entry = source.entry(stored.of(ModuleNames.weight(module.name())).orElseThrow());
    NDArray mapped =
        Tensors.fromBytes(scope, source.bytes(entry.name()), entry.dtype(), entry.shape());
    NDArray weight = Tensors.cast(scope, mapped, Dtype.FLOAT32);
    return module.fanInFanOut() ? weight.transpose() : weight;
  }

  private void check() {
    List<String> wrong = new ArrayList<>();
    Map<String, long[]> shapes = WeightShapes.of(config).byName();
    Set<String> unexpected = new TreeSet<>(source.names());
    shapes.forEach(
        (name, shape) -> {
          Optional<String> found = stored.of(name);
          if (found.isEmpty()) {
            wrong.add(name + " is missing");
          } else {
            unexpected.remove(found.get());
            unexpected.removeAll(weights.companions(found.get()));
            check(weights.entry(name, found.get()), shape).ifPresent(wrong::add);
          }
        });
    unexpected.removeIf(stored::isHarmless);
    unexpected.forEach(name -> wrong.add(name + " is not expected"));
    if (!wrong.isEmpty()) {
      throw ModelErrors.weightsDoNotFit(wrong);
    }
  }

  private static Optional<String> check(TensorEntry entry, long[] shape) {
    if (!Arrays.equals(entry.shape(), shape)) {
      return Optional.of(
          "%s is %s instead of %s"
              .formatted(entry.name(), Arrays.toString(entry.shape()), Arrays.toString(shape)));
    }
    return entry.dtype().isFloatingPoint()
        ? Optional.empty()
        : Optional.of(entry.name() + " is stored as " + entry.dtype().torchName());
  }

  private Parts parts() {
    Weight tokens = large(names.embeddingModule());
    List<DecoderLayer> layers = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      layers.add(layer(layer));
    }
    return new Parts(
        new Embedding(tokens, arithmetic.compute(), config.embedding().scale(), learnedPositions()),
        List.copyOf(layers),
        new Head(
            config.hasFinalNorm() ? Optional.of(norm(names.finalNormModule())) : Optional.empty(),
            new Linear(
                ModuleNames.HEAD,
                order.indexOf(ModuleNames.HEAD),
                config.head().tied()
                    ? floats(tokens.frozen(), config.projections().size())
                    : linearWeight(ModuleNames.HEAD, config.projections().size()),
                bias(ModuleNames.HEAD, config.head().biased())),
            config.head().softCap(),
            Filler.of(arithmetic)),
        frozenTensors(tokens),
        quantized);
  }

  private FrozenTensors frozenTensors(Weight tokens) {
    if (config.head().tied()) {
      frozen.put(
          ModuleNames.weight(ModuleNames.HEAD),
          scope -> Tensors.cast(scope, tokens.frozen(), Dtype.FLOAT32));
    }
    Map<String, Function<NDManager, NDArray>> all = Map.copyOf(frozen);
    return (scope, name) -> all.get(name).apply(scope);
  }

  /** Quantised weights lie as [out, in] in every family. */
  private NDArray asStored(NDArray weight) {
    return names.transposed() ? weight.transpose() : weight;
  }

  private static NDArray expanded(NDManager scope, QuantizedTensor tensor) {
    NDArray values = Tensors.empty(scope, Dtype.FLOAT32, tensor.shape());
    new Dequantizer().dequantize(tensor, Dtype.FLOAT32, Tensors.memory(values));
    return values;
  }

  private Optional<Embedding.LearnedPositions> learnedPositions() {
    return config.embedding().learnedOffset().isPresent()
        ? Optional.of(
            new Embedding.LearnedPositions(
                weight(names.positionsModule()), config.embedding().learnedOffset().getAsInt()))
        : Optional.empty();
  }

  private DecoderLayer layer(int layer) {
    AttentionBlock attention = attention(layer);
    MlpBlock mlp =
        config.mlp().experts().<MlpBlock>map(e -> experts(layer, e)).orElseGet(() -> dense(layer));
    Norm first = norm(layer, NormPlace.ATTENTION);
    return switch (config.residual()) {
      case NORM_FIRST, NORM_AROUND ->
          new SequentialLayer(
              first,
              attention,
              normIfAny(layer, NormPlace.ATTENTION_RESULT),
              norm(layer, NormPlace.MLP),
              mlp,
              normIfAny(layer, NormPlace.MLP_RESULT));
      case NORM_LAST -> new NormLastLayer(attention, first, mlp, norm(layer, NormPlace.MLP));
      case PARALLEL, PARALLEL_TWO_NORMS ->
          new ParallelLayer(first, attention, normIfAny(layer, NormPlace.MLP), mlp);
    };
  }

  private DenseMlp dense(int layer) {
    return new DenseMlp(
        config.mlp().shape(),
        config.mlp().activation(),
        linears(layer, config.mlp().shape().projections()),
        linear(layer, Projection.DOWN));
  }

  /** All experts have the same places: no two of them are needed together. */
  private ExpertsMlp experts(int layer, Experts experts) {
    String path = names.layer(layer);
    int place = config.projections().size();
    List<FrozenWeight> gates = linearWeights(experts.gates(path), place + 1);
    List<FrozenWeight> ups = linearWeights(experts.ups(path), place + 2);
    List<FrozenWeight> downs = linearWeights(experts.downs(path), place + 3);
    return new ExpertsMlp(
        linearWeight(experts.router(path), place + 4),
        IntStream.range(0, experts.count())
            .mapToObj(i -> new ExpertsMlp.Expert(gates.get(i), ups.get(i), downs.get(i)))
            .toList(),
        experts.perToken(),
        experts.normalized(),
        config.mlp().activation(),
        AdaptedExperts.Paths.of(
            experts.stacks(path, config.hiddenSize(), config.mlp().intermediateSize())));
  }

  private List<FrozenWeight> linearWeights(List<String> modules, int place) {
    return modules.stream().map(module -> linearWeight(module, place)).toList();
  }

  private AttentionBlock attention(int layer) {
    DecoderConfig.Attention shape = config.attention();
    DecoderConfig.LayerPlan plan = config.layerPlans().get(layer);
    Optional<HeadInputs.HeadNorms> norms =
        shape.headNorms()
            ? Optional.of(
                new HeadInputs.HeadNorms(norm(layer, NormPlace.QUERY), norm(layer, NormPlace.KEY)))
            : Optional.empty();
    return new AttentionBlock(
        layer,
        new HeadInputs(shape, linears(layer, shape.fusion().projections()), norms),
        linear(layer, Projection.OUTPUT),
        plan.rotary(),
        new Form(
            arithmetic.attention(),
            shape.scale(),
            AttentionBlock.BLOCK,
            plan.window().orElse(0),
            shape.softCap().orElse(0),
            slopes()));
  }

  /** In bf16, as transformers computes with them whatever the model's type. */
  private List<NDArray> slopes() {
    DecoderConfig.Attention shape = config.attention();
    if (!shape.alibi()) {
      return List.of();
    }
    int groups = shape.heads() / shape.kvHeads();
    try (NDArray fp32 =
        Tensors.fromFloats(manager, Alibi.slopes(shape.heads()), shape.kvHeads(), 1, groups, 1)) {
      return List.of(Tensors.cast(manager, fp32, Dtype.BFLOAT16));
    }
  }

  private List<Linear> linears(int layer, List<Projection> projections) {
    return projections.stream().map(projection -> linear(layer, projection)).toList();
  }

  private Linear linear(int layer, Projection projection) {
    String name = names.module(layer, projection);
    return new Linear(
        name,
        order.indexOf(name),
        linearWeight(name, config.projections().indexOf(projection)),
        bias(name, config.biased().contains(projection)));
  }

  /**
   * @param place of an expanded weight in a workspace
   */
  private FrozenWeight linearWeight(String module, int place) {
    String name = stored.of(ModuleNames.weight(module)).orElseThrow();
    if (weights.isQuantized(name)) {
      QuantizedTensor tensor = QuantizedFormat.read(source, name);
      frozen.put(ModuleNames.weight(module), scope -> asStored(expanded(scope, tensor)));
      quantized = Optional.of(QuantizedWeights.with(quantized, tensor));
      return new FrozenWeight.Quantized(tensor, place);
    }
    NDArray weight = large(module).frozen();
    boolean transposed = names.transposed() && !module.equals(ModuleNames.HEAD);
    return floats(transposed ? weight.transpose() : weight, place);
  }

  /** [out, in]. */
  private FrozenWeight floats(NDArray weight, int place) {
    return Tensors.dtype(weight) == arithmetic.compute()
        ? new FrozenWeight.Plain(weight)
        : new FrozenWeight.Stored(weight, place);
  }

  private Optional<Weight> bias(String module, boolean present) {
    return present ? Optional.of(tensor(ModuleNames.bias(module))) : Optional.empty();
  }

  private Optional<Norm> normIfAny(int layer, NormPlace place) {
    return config.residual().norms().contains(place)
        ? Optional.of(norm(layer, place))
        : Optional.empty();
  }

  private Norm norm(int layer, NormPlace place) {
    return norm(names.module(layer, place));
  }

  private Norm norm(String module) {
    double eps = config.normalization().eps();
    return switch (config.normalization().kind()) {
      case RMS -> new Norm.Rms(weight(module), eps);
      case OFFSET_RMS -> new Norm.OffsetRms(weight(module), eps);
      case LAYER -> new Norm.Layer(weight(module), tensor(ModuleNames.bias(module)), eps);
    };
  }

  private Weight weight(String module) {
    return tensor(ModuleNames.weight(module));
  }

  private Weight tensor(String name) {
    return frozen(name, load(name));
  }

  /** A table or a linear layer's weight. */
  private Weight large(String module) {
    String name = ModuleNames.weight(module);
    return frozen(name, keeping == Keeping.AS_STORED ? mapped(name) : load(name));
  }

  private Weight frozen(String name, NDArray values) {
    frozen.put(name, scope -> Tensors.cast(scope, values, Dtype.FLOAT32));
    return new Weight(name, values);
  }

  private NDArray load(String name) {
    NDArray mapped = mapped(name);
    if (Tensors.dtype(mapped) == arithmetic.compute()) {
      return mapped;
    }
    try (mapped) {
      return Tensors.cast(manager, mapped, arithmetic.compute());
    }
  }

  private NDArray mapped(String name) {
    TensorEntry entry = source.entry(stored.of(name).orElseThrow());
    return Tensors.fromBytes(manager, source.bytes(entry.name()), entry.dtype(), entry.shape());
  }
}
