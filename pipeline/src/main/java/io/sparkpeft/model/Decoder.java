package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.FrozenTensors;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.TensorSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * A causal language model with frozen weights. It holds nothing else, so any number of threads may
 * work with it, each with an adapter and with tensors of its own; every thread must have called
 * {@code Engine.prepareThread()}. Its life ends with the manager that it was loaded into.
 */
public final class Decoder {
  private final NDManager manager;
  private final DecoderConfig config;
  private final Arithmetic arithmetic;
  private final DecoderLoader.Parts parts;
  private final RotaryTables rotary;
  private final Workspaces workspaces;

  private Decoder(
      NDManager manager, DecoderConfig config, Arithmetic arithmetic, DecoderLoader.Parts parts) {
    this.manager = manager;
    this.config = config;
    this.arithmetic = arithmetic;
    this.parts = parts;
    this.rotary = new RotaryTables(manager, config, arithmetic.compute());
    this.workspaces = new Workspaces(manager, arithmetic.compute());
  }

  /**
   * Maps the weights into memory; those stored in another type than the arithmetic's are converted
   * once. Quantised ones stay as they are; if the config says that linear layers are quantised and
   * none of the weights is, theirs are quantised now.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if weights are missing, misshapen or
   *     unexpected: all of them are listed
   */
  public static Decoder load(
      NDManager manager, DecoderConfig config, TensorSource weights, Arithmetic arithmetic) {
    return load(manager, config, weights, arithmetic, Keeping.IN_COMPUTE_TYPE);
  }

  /**
   * The same without a whole copy of weights that are stored in another type: those of linear
   * layers are converted one layer after another, as quantised ones are expanded, each time that
   * they are computed with. It computes the same.
   */
  public static Decoder loadAsStored(
      NDManager manager, DecoderConfig config, TensorSource weights, Arithmetic arithmetic) {
    return load(manager, config, weights, arithmetic, Keeping.AS_STORED);
  }

  private static Decoder load(
      NDManager manager,
      DecoderConfig config,
      TensorSource weights,
      Arithmetic arithmetic,
      Keeping keeping) {
    return new Decoder(
        manager,
        config,
        arithmetic,
        DecoderLoader.load(manager, config, weights, arithmetic, keeping));
  }

  /** The same for a model folder, whose config.json says what it is. */
  public static Decoder load(NDManager manager, ModelFolder folder, Arithmetic arithmetic) {
    return load(manager, DecoderConfig.read(folder.config()), folder.tensors(), arithmetic);
  }

  public DecoderConfig config() {
    return config;
  }

  public Arithmetic arithmetic() {
    return arithmetic;
  }

  /** What the weights in four bits take; empty if there are none. */
  public Optional<QuantizedWeights> quantizedWeights() {
    return parts.quantized();
  }

  /** Logits after every token, row-major [tokens, vocabulary]. */
  public float[] logits(Optional<Adapter> adapter, int[] tokens) {
    try (NDManager scope = newScope()) {
      Documents document = Documents.of(List.of(tokens));
      Pass pass = pass(scope, AdapterRows.all(adapter, document), document);
      NDArray x = hidden(pass, tokens);
      long[] rows = LongStream.range(0, tokens.length).toArray();
      NDArray logits = head().logits(pass, x, rows);
      float[] values = new float[Math.toIntExact(logits.size())];
      Tensors.copyTo(Tensors.cast(scope, logits, Dtype.FLOAT32), values, 0);
      return values;
    }
  }

  /** Where the tensors of one call live. */
  NDManager newScope() {
    return manager.newSubManager();
  }

  /** A pass over texts without a backward half. */
  Pass pass(NDManager scope, PrefixTree texts) {
    AdapterRows adapters = AdapterRows.of(texts.adapters(), texts.documents());
    return pass(scope, adapters, texts.documents());
  }

  /** The same over documents. */
  Pass pass(NDManager scope, AdapterRows adapters, Documents documents) {
    return pass(scope, adapters, documents, documents.positions(), List.of());
  }

  /**
   * The same for the rest of one text.
   *
   * @param from the position of its first token in the text
   * @param past what was read of the text before, and of what an adapter puts before it
   */
  Pass restOfText(NDManager scope, PrefixTree rest, int from, List<Past> past) {
    Documents documents = rest.documents();
    long[] positions =
        Arrays.stream(documents.positions()).map(position -> position + from).toArray();
    return pass(scope, AdapterRows.of(rest.adapters(), documents), documents, positions, past);
  }

  /** A pass over documents that ends in gradients. */
  Pass trainingPass(
      NDManager scope,
      Adapter adapter,
      Documents documents,
      DropoutMasks dropout,
      GradientSink gradients) {
    return new Pass(
        scope,
        workspaces.borrow(scope),
        arithmetic,
        AdapterRows.all(Optional.of(adapter), documents),
        dropout,
        documents,
        rotary.at(scope, documents, behindPrefix(Optional.of(adapter), documents.positions())),
        List.of(),
        Optional.empty(),
        gradients);
  }

  /**
   * A pass over one new token of each of several texts.
   *
   * @param adapters of the texts, those of one adapter beside each other
   * @param positions of the new tokens in their texts
   */
  Pass nextTokens(NDManager scope, List<Optional<Adapter>> adapters, long[] positions) {
    long[] one = new long[positions.length];
    Arrays.fill(one, 1);
    Documents tokens = new Documents(one);
    return pass(scope, AdapterRows.of(adapters, tokens), tokens, positions, List.of());
  }

  private Pass pass(
      NDManager scope,
      AdapterRows adapters,
      Documents documents,
      long[] positions,
      List<Past> past) {
    return new Pass(
        scope,
        workspaces.borrow(scope),
        arithmetic,
        adapters,
        DropoutMasks.NONE,
        documents,
        rotary.at(scope, documents, behindPrefix(adapters.only(), positions)),
        past,
        Optional.empty(),
        GradientSink.NONE);
  }

  /** Where tokens stand that virtual ones stand before. */
  private static long[] behindPrefix(Optional<Adapter> adapter, long[] positions) {
    long virtual = virtualTokens(adapter);
    return Arrays.stream(positions).map(position -> position + virtual).toArray();
  }

  /** How many virtual tokens an adapter puts before every text. */
  static int virtualTokens(Optional<Adapter> adapter) {
    return adapter.map(Adapter::virtualTokens).orElse(0);
  }

  List<DecoderLayer> layers() {
    return parts.layers();
  }

  Head head() {
    return parts.head();
  }

  Embedding embedding() {
    return parts.embedding();
  }

  /** What adapters may ask for of its weights. */
  public FrozenTensors frozenTensors() {
    return parts.frozen();
  }

  /** The embeddings of tokens [tokens, hidden]. */
  NDArray embed(Pass pass, int[] tokens) {
    for (int token : tokens) {
      if (token < 0 || token >= config.vocabularySize()) {
        throw ModelErrors.unknownToken(token, config.vocabularySize());
      }
    }
    return parts.embedding().forward(pass, tokens);
  }

  /** What the last layer makes of tokens: [tokens, hidden], or the rows of it that are wanted. */
  NDArray hidden(Pass pass, int[] tokens) {
    NDArray x = embed(pass, tokens);
    List<DecoderLayer> layers = parts.layers();
    for (int i = 0; i < layers.size(); i++) {
      x = forward(through(i, pass), layers.get(i), x);
    }
    return x;
  }

  /** A pass as it goes through a layer: all but the last need all rows of the one below. */
  Pass through(int layer, Pass pass) {
    return layer + 1 < parts.layers().size() ? pass.wantingAll() : pass;
  }

  /** A layer's output alone; all else that it made is let go, and so is its input. */
  static NDArray forward(Pass pass, DecoderLayer layer, NDArray x) {
    try (x;
        NDManager scope = pass.scope().newSubManager()) {
      NDArray y = layer.forward(pass.in(scope), x).output();
      y.attach(pass.scope());
      return y;
    }
  }

  /** The most tokens that a text may have with an adapter. */
  public int contextLength(Optional<Adapter> adapter) {
    return config.contextLength() - virtualTokens(adapter);
  }

  void checkLength(Optional<Adapter> adapter, int tokens) {
    if (tokens > contextLength(adapter)) {
      throw ModelErrors.tooLong(tokens, contextLength(adapter));
    }
  }
}
