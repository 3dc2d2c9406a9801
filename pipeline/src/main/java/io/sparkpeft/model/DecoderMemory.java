package io.sparkpeft.model;

import io.sparkpeft.adapter.AdaptedModule;
import io.sparkpeft.adapter.AdaptedStack;
import io.sparkpeft.adapter.AdapterShape;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.tensor.Dtype;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * How many bytes a decoder takes, by formula: for plans made before anything is loaded.
 *
 * @param config the architecture
 * @param compute the type of weights and activations
 * @param keptFeatures what the adapters of the layers' modules keep for every token: copies of
 *     inputs that dropout makes (counted everywhere, though not every machine makes them: see
 *     {@link io.sparkpeft.tensor.RowWork}), results that DoRA's magnitudes need, keys and values
 *     that stand behind a prefix
 * @param expertValues of A and B of one layer's experts, whose gradients a layer's backward pass
 *     gathers, in fp32
 * @param quantized the linear layers whose weights are in four bits, if any are
 */
public record DecoderMemory(
    DecoderConfig config,
    Dtype compute,
    long keptFeatures,
    long expertValues,
    List<LinearModule> quantized) {
  private static final long AFFORDABLE_BYTES = 512L << 20;
  private static final long AFFORDABLE_PRODUCTS_BYTES = 2048L << 20;

  public DecoderMemory {
    quantized = List.copyOf(quantized);
  }

  /** With all layers quantised that are where it is for us to choose. */
  public DecoderMemory(DecoderConfig config, Dtype compute, long keptFeatures) {
    this(config, compute, keptFeatures, 0, config.quantizedModules());
  }

  /**
   * The same of a checkpoint, some of whose layers may have been left as they were, as transformers
   * 5 leaves experts.
   *
   * @param tensors the names of all tensors in it; none if they are not known
   */
  public DecoderMemory ofCheckpoint(Set<String> tensors) {
    return new DecoderMemory(
        config, compute, keptFeatures, expertValues, config.quantizedModules(tensors));
  }

  /** Of a decoder that trains an adapter of that shape. */
  public static DecoderMemory of(DecoderConfig config, Dtype compute, AdapterShape adapter) {
    List<AdaptedModule> inLayers =
        adapter.modules().stream()
            .filter(adapted -> !adapted.module().name().equals(config.headModule().name()))
            .toList();
    long inputs =
        inLayers.stream()
            .filter(adapted -> adapted.dropout() > 0)
            .mapToLong(adapted -> adapted.module().in())
            .sum();
    long results =
        inLayers.stream()
            .filter(adapted -> adapted.work() == AdaptedModule.Work.DECOMPOSED)
            .mapToLong(adapted -> adapted.module().out())
            .sum();
    long prefixed = adapter.virtualTokens() > 0 ? 2L * config.attention().kvWidth() : 0;
    return new DecoderMemory(
        config,
        compute,
        inputs + results + config.layers() * prefixed,
        ofExperts(config, adapter),
        config.quantizedModules());
  }

  /** In the layer that has most. */
  private static long ofExperts(DecoderConfig config, AdapterShape adapter) {
    return IntStream.range(0, config.layers())
        .mapToObj(config.names()::layer)
        .mapToLong(
            layer ->
                adapter.stacks().stream()
                    .filter(stack -> stack.stack().path().startsWith(layer))
                    .mapToLong(AdaptedStack::trainableParameters)
                    .sum())
        .max()
        .orElse(0);
  }

  /** All frozen weights. Mapped from files where they are stored as they are kept. */
  public long weightBytes() {
    long packed =
        config.quantization().isEmpty()
            ? 0
            : quantized.stream().mapToLong(LinearModule::weights).sum();
    return (config.parameterCount() - packed) * compute.bytes() + quantizedBytes();
  }

  /** Of these, the weights in four bits with their scales. */
  public long quantizedBytes() {
    return config.quantization().map(this::quantizedBytes).orElse(0L);
  }

  private long quantizedBytes(Quantization settings) {
    return quantized.stream().mapToLong(module -> settings.bytes(module.weights())).sum();
  }

  /** Where one layer's quantised weights are expanded; of its experts, one at a time. */
  public long workspaceBytes() {
    return config.quantization().isEmpty() ? 0 : layerBytes(areExpertsQuantized());
  }

  private boolean areExpertsQuantized() {
    Set<LinearModule> others = Set.copyOf(config.linearModules());
    return quantized.stream().anyMatch(module -> !others.contains(module));
  }

  /**
   * The same where other weights stay as they are stored too: {@link Decoder#loadAsStored}.
   *
   * @param stored their type; if it is another, the head is expanded as well
   */
  public long workspaceBytes(Dtype stored) {
    return stored == compute
        ? workspaceBytes()
        : layerBytes(true) + config.headModule().weights() * compute.bytes();
  }

  /** Weights of one layer that are needed together, an expert's among them or not. */
  private long layerBytes(boolean withExpert) {
    long weights =
        config.projections().stream()
            .mapToLong(projection -> projection.in(config) * projection.out(config))
            .sum();
    return (weights + (withExpert ? expertWeights() : 0)) * compute.bytes();
  }

  /** The weights of a single expert; none where there are no experts. */
  private long expertWeights() {
    DecoderConfig.Mlp mlp = config.mlp();
    return mlp.experts().isPresent() ? 3L * mlp.intermediateSize() * config.hiddenSize() : 0;
  }

  /**
   * The most that activations take in a forward and backward pass over one micro-batch, without the
   * head's part and without the few rows of {@link Filler}: what is kept of every layer, and all of
   * one layer with its gradients.
   */
  public long activationBytes(int rows, int columns, Checkpointing checkpointing) {
    long cells = (long) rows * columns;
    long stream = cells * config.hiddenSize();
    long layer = layerElements(rows, columns);
    long kept =
        switch (checkpointing) {
          case RECOMPUTE -> config.layers() * (stream + attended(cells));
          case KEEP_PRODUCTS -> config.layers() * (stream + attended(cells) + products(cells));
          case KEEP_ALL -> config.layers() * layer;
        };
    long gradients = expertValues * Float.BYTES;
    return (kept + 2 * layer + ofExperts(cells)) * compute.bytes() + gradients;
  }

  /** The most that activations take in a forward pass alone, which keeps those of one layer. */
  public long forwardBytes(int rows, int columns) {
    return (layerElements(rows, columns) + ofExperts((long) rows * columns)) * compute.bytes();
  }

  /**
   * What {@code train.gradient_checkpointing = auto} means for micro-batches of that shape: all is
   * kept where it takes no more than 512 MiB, else the products where they take no more than 2 GiB.
   */
  public Checkpointing affordable(int rows, int columns) {
    if (activationBytes(rows, columns, Checkpointing.KEEP_ALL) <= AFFORDABLE_BYTES) {
      return Checkpointing.KEEP_ALL;
    }
    long products = activationBytes(rows, columns, Checkpointing.KEEP_PRODUCTS);
    return products <= AFFORDABLE_PRODUCTS_BYTES
        ? Checkpointing.KEEP_PRODUCTS
        : Checkpointing.RECOMPUTE;
  }

  /** Logits of one chunk, their logarithms and their gradient. */
  public long headBytes(int targets) {
    long rows = Math.min(targets, Head.chunkRows(config.vocabularySize()));
    return rows * config.vocabularySize() * (Float.BYTES + 2L * compute.bytes());
  }

  /** Keys and values of all layers. */
  public long kvCacheBytes(int rows, int columns) {
    return 2L * config.layers() * rows * columns * config.attention().kvWidth() * compute.bytes();
  }

  /** What attention gives to its last projection, and its logarithmic sums in fp32. */
  private long attended(long tokens) {
    long sums = (long) Float.BYTES / compute.bytes() * config.attention().heads();
    return tokens * (config.attention().queryWidth() + sums);
  }

  /** Results of a layer's linear layers that its backward pass reads, in elements. */
  private long products(long tokens) {
    Residual residual = config.residual();
    long features =
        config.projections().stream()
            .filter(projection -> projection != Projection.OUTPUT || residual.isSequential())
            .filter(projection -> projection != Projection.DOWN || residual.normsMlpResult())
            .mapToLong(projection -> projection.out(config))
            .sum();
    return tokens * features;
  }

  private long mlpFeatures() {
    long each = config.mlp().shape() == MlpShape.PLAIN ? 2 : 3;
    return each * config.mlp().intermediateSize();
  }

  /**
   * What experts make of tokens and let go again, in elements: at worst one of them computes all,
   * forward and backward.
   */
  private long ofExperts(long tokens) {
    return config.mlp().experts().isPresent()
        ? tokens * (2 * mlpFeatures() + 4L * config.hiddenSize())
        : 0;
  }

  /**
   * What a layer's forward pass makes, in elements. Heads by themselves are counted everywhere:
   * whether attention can do without them, the machine decides.
   */
  private long layerElements(long rows, long columns) {
    DecoderConfig.Attention attention = config.attention();
    boolean fused = attention.fusion() != Fusion.SEPARATE;
    long queriesAndKeys = (long) attention.queryWidth() + attention.kvWidth();
    long perToken =
        // the norms, the two parts' outputs, their sum
        (config.residual().norms().size() + 3L) * config.hiddenSize()
            // queries, rotated, by head, mixed
            + 4L * attention.queryWidth()
            // keys, rotated, by head; values, and those by head
            + 5L * attention.kvWidth()
            + (fused ? queriesAndKeys + attention.kvWidth() : 0)
            + (attention.headNorms() ? queriesAndKeys : 0)
            + (config.mlp().experts().isPresent() ? 0 : mlpFeatures());
    long sums = (long) Float.BYTES / compute.bytes() * attention.heads();
    // a copy, and a mask of one byte for each element
    long dropped = keptFeatures / config.layers() * (compute.bytes() + 1) / compute.bytes();
    return rows * columns * (perToken + sums + dropped);
  }
}
