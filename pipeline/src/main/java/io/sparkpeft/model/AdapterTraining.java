package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.data.TokenBatch;
import io.sparkpeft.tensor.HeadKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The loss of a decoder with an adapter and its gradient with respect to the adapter. {@code
 * this::lossAndGradient} is a {@code train.GradientSource}.
 */
public final class AdapterTraining {
  private final Decoder decoder;
  private final Adapter adapter;
  private final Checkpointing checkpointing;
  private final Map<String, Integer> offsets;
  private final DropoutGaps gaps;
  private final Filler filler;

  /**
   * @param adapter read at each call, so an optimizer may change its tensors between calls
   */
  public AdapterTraining(Decoder decoder, Adapter adapter, Checkpointing checkpointing) {
    this.decoder = decoder;
    this.adapter = adapter;
    this.checkpointing = checkpointing;
    this.offsets = FlatGradient.offsets(adapter);
    this.gaps = DropoutGaps.of(adapter.config().dropout());
    this.filler = Filler.of(decoder.arithmetic());
  }

  /**
   * Computes, for one micro-batch, the summed loss and the gradient of {@code lossScale} times it.
   * The result does not depend on the calling thread, nor on other micro-batches. May be called by
   * several threads at once, each readied by {@code Engine.prepareThread()}.
   *
   * @param lossScale one over the target tokens of the whole global step
   * @param dropoutSeed key of this step's dropout; with the sample index and the layer it decides
   *     every mask. 0 for none
   * @param gradient receives the flat gradient, overwritten; length {@code
   *     Adapter.parameterCount()}
   * @return the sum of the negative log-likelihoods (nats) of the batch's targets, unscaled
   * @throws io.sparkpeft.base.SparkPeftException (65) if the batch has tokens that the model does
   *     not know, or a document longer than its context
   */
  public double lossAndGradient(
      TokenBatch batch, double lossScale, long dropoutSeed, float[] gradient) {
    TokenBatch filled = filler.fill(batch);
    Documents documents = Documents.of(filled.lengths());
    DropoutMasks dropout =
        dropoutSeed == 0
            ? DropoutMasks.NONE
            : new KeyedDropout(
                dropoutSeed, documents.spread(filled.samples()), documents.positions(), gaps);
    return lossAndGradient(filled, lossScale, dropout, gradient);
  }

  /** The same of these rows as they are, with given masks. */
  double lossAndGradient(
      TokenBatch batch, double lossScale, DropoutMasks dropout, float[] gradient) {
    decoder.checkLength(Optional.of(adapter), batch.longest());
    if (gradient.length != adapter.parameterCount()) {
      throw new IllegalArgumentException(
          "gradient of %d for %d parameters".formatted(gradient.length, adapter.parameterCount()));
    }
    FlatGradient flat = new FlatGradient(offsets, gradient);
    Targets targets = Targets.of(batch);
    if (targets.rows().length == 0) {
      return 0;
    }
    try (NDManager scope = decoder.newScope()) {
      Documents documents = Documents.of(batch.lengths());
      GatheredGradient derived = new GatheredGradient(scope);
      GradientSink sink = adapter.derivation().isPresent() ? derived : flat;
      WantedRows wanted = wanted(batch, targets);
      Pass pass = decoder.trainingPass(scope, adapter, documents, dropout, sink).wanting(wanted);
      boolean isEmbeddingTrained = decoder.embedding().isTrained(pass);
      int lowest = isEmbeddingTrained ? 0 : lowestAdapted(pass);
      NDArray bottom = decoder.embed(pass, batch.tokens());
      for (int i = 0; i < lowest; i++) {
        bottom = Decoder.forward(decoder.through(i, pass), decoder.layers().get(i), bottom);
      }
      Head.Result result =
          fromLowest(pass, lowest, bottom, targets.among(wanted), lossScale, isEmbeddingTrained);
      result.gradient().ifPresent(g -> decoder.embedding().backward(pass, batch.tokens(), g));
      adapter.derivation().ifPresent(derivation -> derived.pullBack(derivation, flat));
      return result.loss();
    }
  }

  /** The summed loss alone, without dropout: for validation. */
  public double loss(TokenBatch validated) {
    TokenBatch batch = filler.fill(validated);
    Targets targets = Targets.of(batch);
    decoder.checkLength(Optional.of(adapter), batch.longest());
    double loss = 0;
    try (NDManager scope = decoder.newScope()) {
      Documents documents = Documents.of(batch.lengths());
      AdapterRows rows = AdapterRows.all(Optional.of(adapter), documents);
      WantedRows wanted = wanted(batch, targets);
      Pass pass = decoder.pass(scope, rows, documents).wanting(wanted);
      NDArray x = decoder.hidden(pass, batch.tokens());
      for (Targets chunk : decoder.head().chunks(targets.among(wanted))) {
        loss += loss(pass.behindAttention(), x, chunk);
      }
    }
    return loss;
  }

  private double loss(Pass pass, NDArray x, Targets chunk) {
    try (NDManager scope = pass.scope().newSubManager()) {
      NDArray logits = decoder.head().logits(pass.in(scope), x, chunk.rows());
      NDArray likely =
          HeadKernels.logLikelihood(
                  scope, logits, Tensors.fromLongs(scope, chunk.ids(), chunk.ids().length))
              .get(0);
      return -Arrays.stream(likely.toDoubleArray()).sum();
    }
  }

  /** The rows of the last layer's result that the head reads, and those that fill them up. */
  private WantedRows wanted(TokenBatch batch, Targets targets) {
    return WantedRows.of(targets.rows(), batch.tokens().length, filler);
  }

  /** The first layer with something to train; below it nothing needs a gradient. */
  private int lowestAdapted(Pass pass) {
    List<DecoderLayer> layers = decoder.layers();
    return IntStream.range(0, layers.size())
        .filter(i -> layers.get(i).isAdapted(pass))
        .findFirst()
        .orElse(layers.size());
  }

  /**
   * The loss, and the gradient of bottom if that is wanted. Behind the last layer's attention only
   * the rows go on from which something is predicted: nothing reads the others.
   *
   * @param lowest the first layer that needs a gradient
   * @param bottom its input; if there is no such layer, the last one's result
   * @param targets among the wanted rows
   * @param carry whether the gradient of bottom is wanted
   */
  private Head.Result fromLowest(
      Pass pass, int lowest, NDArray bottom, Targets targets, double lossScale, boolean carry) {
    Deque<Step> steps = new ArrayDeque<>();
    NDArray x = bottom;
    for (int i = lowest; i < decoder.layers().size(); i++) {
      DecoderLayer layer = decoder.layers().get(i);
      Step step = Step.forward(decoder.through(i, pass), layer, x, checkpointing);
      steps.push(step);
      x = step.output();
    }
    boolean carryToHead = carry || !steps.isEmpty();
    Head.Result head =
        decoder.head().lossAndGradient(pass.behindAttention(), x, targets, lossScale, carryToHead);
    Optional<NDArray> gradient = head.gradient();
    while (!steps.isEmpty()) {
      Step step = steps.pop();
      gradient = step.backward(gradient.orElseThrow(), carry || !steps.isEmpty());
    }
    return new Head.Result(head.loss(), gradient);
  }

  /**
   * A layer on its way forward and back.
   *
   * @param scope where what it keeps lives
   * @param saved gives all that the backward pass needs, kept or computed again
   */
  private record Step(
      Pass pass,
      DecoderLayer layer,
      NDArray input,
      NDArray output,
      NDManager scope,
      Function<Pass, DecoderLayer.Saved> saved) {

    static Step forward(Pass pass, DecoderLayer layer, NDArray x, Checkpointing checkpointing) {
      NDManager scope = pass.scope().newSubManager();
      DecoderLayer.Saved saved = layer.forward(pass.in(scope), x);
      NDArray output = saved.output();
      output.attach(pass.scope());
      if (checkpointing == Checkpointing.KEEP_ALL) {
        return new Step(pass, layer, x, output, scope, inner -> saved);
      }
      try (scope) {
        NDManager smaller = pass.scope().newSubManager();
        Kept kept = layer.kept(saved, checkpointing);
        kept.attach(smaller);
        return new Step(pass, layer, x, output, smaller, inner -> layer.again(inner, x, kept));
      }
    }

    /** Closes all that it kept, the incoming gradient too. */
    Optional<NDArray> backward(NDArray gy, boolean carry) {
      try (scope;
          gy;
          output) {
        Pass inner = pass.in(scope);
        Optional<NDArray> gx = layer.backward(inner, gy, saved.apply(inner), carry);
        gx.ifPresent(gradient -> gradient.attach(pass.scope()));
        return gx;
      }
    }
  }
}
