package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** What layers see of a LoRA adapter. */
final class LoraDeltas {
  /** Names of the tied head's factors, which are the embedding's transposed. */
  private static final String HEAD_A = "lm_head.lora_A";

  private static final String HEAD_B = "lm_head.lora_B";

  private final NDManager manager;
  private final LoraConfig config;
  private final LoraParts parts;
  private final FrozenTensors frozen;
  private final Map<String, DeltaTensor> tensors;
  private final Map<String, LinearDelta> linears = new HashMap<>();
  private final Map<String, StackDelta> stacks = new HashMap<>();
  private final Map<String, DeltaTensor> replacements;
  private final List<Decomposition> decompositions = new ArrayList<>();
  private Optional<EmbeddingDelta> embedding = Optional.empty();

  /** A magnitude and the norms that it replaces. */
  private record Decomposition(DeltaTensor magnitude, RowNorms norms) {}

  LoraDeltas(
      NDManager manager,
      LoraConfig config,
      LoraParts parts,
      BaseModel base,
      FrozenTensors frozen,
      Map<String, DeltaTensor> tensors,
      Map<String, LowRankPair> removed) {
    this.manager = manager;
    this.config = config;
    this.parts = parts;
    this.frozen = frozen;
    this.tensors = tensors;
    for (LoraTarget target : parts.linears()) {
      String module = target.module().name();
      linears.put(module, delta(target, Optional.ofNullable(removed.get(module))));
    }
    parts.stacks().forEach(target -> stacks.put(target.stack().path(), delta(target)));
    parts.embedding().ifPresent(target -> embedding = Optional.of(delta(target)));
    WholeTensors.Deltas whole = parts.whole().deltas(base, tensors);
    linears.putAll(whole.linears());
    replacements = whole.replacements();
    parts.rows().forEach(this::put);
    if (parts.headFollows()) {
      letHeadFollow(base);
    }
  }

  private LinearDelta delta(LoraTarget target, Optional<LowRankPair> removed) {
    LowRankDelta lowRank =
        new LowRankDelta(
            tensors.get(target.nameOfA()),
            tensors.get(target.nameOfB()),
            target.scaling(),
            config.loraDropout(),
            Optional.ofNullable(tensors.get(target.nameOfBias())),
            removed);
    if (target.extra() != LoraExtra.MAGNITUDE) {
      return lowRank;
    }
    DeltaTensor magnitude = tensors.get(target.nameOfMagnitude());
    RowNorms norms = norms(magnitude, scope -> frozen.weight(scope, target.module()), lowRank);
    return new DecomposedDelta(lowRank, magnitude, norms);
  }

  private StackDelta delta(LoraStackTarget target) {
    return new StackDelta(
        tensors.get(target.nameOfA()),
        tensors.get(target.nameOfB()),
        target.scaling(),
        target.stack().matrices());
  }

  private EmbeddingDelta delta(LoraEmbeddingTarget target) {
    DeltaTensor a = tensors.get(target.nameOfA());
    DeltaTensor b = tensors.get(target.nameOfB());
    Optional<LowRankEmbedding.Magnitude> magnitude = Optional.empty();
    if (target.isDecomposed()) {
      // Its features are the rows here.
      LowRankDelta rows = new LowRankDelta(a, b, target.scaling(), 0);
      DeltaTensor values = tensors.get(target.nameOfMagnitude());
      String weight = target.module().name() + ".weight";
      RowNorms norms = norms(values, scope -> frozen.fp32(scope, weight).transpose(), rows);
      magnitude = Optional.of(new LowRankEmbedding.Magnitude(values, norms));
    }
    return new LowRankEmbedding(a, b, target.scaling(), magnitude);
  }

  private RowNorms norms(
      DeltaTensor magnitude, Function<NDManager, NDArray> weight, LowRankDelta direction) {
    RowNorms norms = new RowNorms(manager, weight, direction);
    decompositions.add(new Decomposition(magnitude, norms));
    return norms;
  }

  private void put(TrainedRows part) {
    TokenRows rows = new TokenRows(part.tokens(), tensors.get(part.entry().name()));
    if (part.module().equals(BaseWeights.HEAD)) {
      linears.put(BaseWeights.HEAD, rows);
    } else {
      embedding = Optional.of(rows);
    }
    if (parts.rowsHoldForHead()) {
      linears.put(BaseWeights.HEAD, rows);
    }
  }

  private void letHeadFollow(BaseModel base) {
    parts
        .whole()
        .embedding()
        .ifPresent(
            tensor ->
                linears.put(
                    BaseWeights.HEAD, new WholeWeight(tensors.get(tensor.entry().name()), false)));
    parts
        .embedding()
        .ifPresent(
            target -> {
              NDArray a = tensors.get(target.nameOfB()).value().transpose(); // [r, width]
              NDArray b = tensors.get(target.nameOfA()).value().transpose(); // [vocabulary, r]
              LoraTarget head = LoraTargets.tiedHead(config, base);
              linears.put(
                  BaseWeights.HEAD,
                  new LowRankDelta(
                      new DeltaTensor(HEAD_A, a),
                      new DeltaTensor(HEAD_B, b),
                      head.scaling(),
                      config.loraDropout()));
            });
  }

  /** Gives magnitudes what the norms are at the beginning, so that nothing is changed yet. */
  void beginMagnitudes() {
    for (Decomposition part : decompositions) {
      Tensors.copyFrom(part.magnitude().value(), part.norms().values().toFloatArray(), 0);
    }
  }

  Optional<LinearDelta> linear(String module) {
    return Optional.ofNullable(linears.get(module));
  }

  Optional<StackDelta> stack(String path) {
    return Optional.ofNullable(stacks.get(path));
  }

  Optional<EmbeddingDelta> embedding() {
    return embedding;
  }

  Optional<DeltaTensor> replacement(String tensor) {
    return Optional.ofNullable(replacements.get(tensor));
  }

  /** All that is added to a module's weight as the base has it, over the scaling. */
  LowRankPair change(NDManager scope, String module) {
    LinearDelta delta = linears.get(module);
    return delta instanceof DecomposedDelta decomposed
        ? decomposed.direction().change(scope)
        : ((LowRankDelta) delta).change(scope);
  }

  /** {@link LoraParts#copiesOfHead} with their values. */
  Map<String, NDArray> copiesOfHead() {
    Map<String, NDArray> copies = new LinkedHashMap<>();
    String head = LoraTarget.PREFIX + BaseWeights.HEAD;
    parts
        .whole()
        .embedding()
        .filter(tensor -> parts.headFollows())
        .ifPresent(
            tensor -> copies.put(head + ".weight", tensors.get(tensor.entry().name()).value()));
    parts
        .embedding()
        .filter(target -> parts.headFollows())
        .ifPresent(
            target -> {
              LowRankDelta follower = (LowRankDelta) linears.get(BaseWeights.HEAD);
              copies.put(head + ".lora_A.weight", follower.a().value());
              copies.put(head + ".lora_B.weight", follower.b().value());
            });
    return copies;
  }

  Optional<Derivation> derivation() {
    boolean isHeadTransposed = parts.headFollows() && parts.embedding().isPresent();
    return decompositions.isEmpty() && !isHeadTransposed
        ? Optional.empty()
        : Optional.of(new Following());
  }

  /** Norms follow from A and B; the tied head's factors are the embedding's. */
  private final class Following implements Derivation {
    @Override
    public void refresh() {
      decompositions.forEach(part -> part.norms().forget());
    }

    @Override
    public void pullBack(
        NDManager scope, Map<String, NDArray> gradients, BiConsumer<DeltaTensor, NDArray> trained) {
      gradients.forEach(
          (name, gradient) -> {
            if (tensors.containsKey(name)) {
              trained.accept(tensors.get(name), gradient);
            } else {
              LoraEmbeddingTarget target = parts.embedding().orElseThrow();
              String source = name.equals(HEAD_A) ? target.nameOfB() : target.nameOfA();
              trained.accept(tensors.get(source), gradient.transpose());
            }
          });
    }
  }
}
