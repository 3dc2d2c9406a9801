package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.DecompositionKernels;
import io.sparkpeft.tensor.EmbeddingKernels;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The values that a new LoRA adapter begins with. Magnitudes are left to whoever knows the norms.
 */
final class LoraBeginning {
  private final NDManager manager;
  private final LoraConfig config;
  private final FrozenTensors frozen;
  private final long seed;
  private final Map<String, NDArray> values = new HashMap<>();

  /**
   * @param manager where the values live
   * @param seed with a tensor's name, decides what is drawn
   */
  LoraBeginning(NDManager manager, LoraConfig config, FrozenTensors frozen, long seed) {
    this.manager = manager;
    this.config = config;
    this.frozen = frozen;
    this.seed = seed;
  }

  /** By the names of entries, fp32. */
  Map<String, NDArray> of(LoraParts parts) {
    for (LoraTarget target : parts.linears()) {
      if (config.initLoraWeights().changesBase()) {
        LowRankPair part = partOfBase(target);
        values.put(target.nameOfA(), part.a());
        values.put(target.nameOfB(), part.b());
      } else if (config.initLoraWeights() == LoraInit.LOFTQ) {
        putLoss(target);
      } else if (config.initLoraWeights() == LoraInit.ORTHOGONAL) {
        putInterleaved(target);
      } else {
        putDrawn(target.entryOfA(), target.entryOfB(), target.r());
      }
      putExtra(target);
    }
    parts.stacks().forEach(target -> putDrawn(target.entryOfA(), target.entryOfB(), target.r()));
    parts.embedding().ifPresent(this::putDrawn);
    values.putAll(parts.whole().begin(manager, frozen));
    parts.rows().forEach(this::putRows);
    return values;
  }

  /** The part of its weight that a module's A and B begin as, over the scaling. */
  LowRankPair partOfBase(LoraTarget target) {
    LinearModule module = target.module();
    requireRank(target);
    try (NDManager scope = manager.newSubManager()) {
      NDArray w = frozen.weight(scope, module);
      List<NDArray> factors =
          switch (config.initLoraWeights()) {
            case OLORA -> DecompositionKernels.orthonormalFactors(manager, w, target.r());
            case PISSA_NITER -> approximate(scope, w, target);
            default ->
                DecompositionKernels.singularFactors(manager, w, target.r(), target.scaling());
          };
      return new LowRankPair(factors.get(0), factors.get(1));
    }
  }

  private List<NDArray> approximate(NDManager scope, NDArray w, LoraTarget target) {
    LinearModule module = target.module();
    NDArray noise =
        normal(scope, target.nameOfA(), 1, Math.min(module.in(), module.out()), target.r());
    return DecompositionKernels.approximateSingularFactors(
        manager, w, noise, config.pissaIterations(), target.scaling());
  }

  /** What quantising lost of the weight, as far as A and B can hold it. */
  private void putLoss(LoraTarget target) {
    requireRank(target);
    try (NDManager scope = manager.newSubManager()) {
      LinearModule module = target.module();
      NDArray before =
          frozen
              .unquantized(scope, module)
              .orElseThrow(() -> AdapterErrors.nothingWasQuantized(module));
      NDArray loss = Tensors.addScaled(scope, before, frozen.weight(scope, module), -1);
      List<NDArray> factors =
          DecompositionKernels.singularFactors(manager, loss, target.r(), target.scaling());
      values.put(target.nameOfA(), factors.get(0));
      values.put(target.nameOfB(), factors.get(1));
    }
  }

  private void requireRank(LoraTarget target) {
    LinearModule module = target.module();
    if (target.r() > Math.min(module.in(), module.out())) {
      String init = config.key("init_lora_weights").asText();
      throw AdapterErrors.rankTooLarge(module, target.r(), init);
    }
  }

  private void putInterleaved(LoraTarget target) {
    int r = target.r();
    if (r % 2 != 0) {
      throw AdapterErrors.oddRank(target.module(), r);
    }
    try (NDManager scope = manager.newSubManager()) {
      List<NDArray> factors =
          DecompositionKernels.interleavedFactors(
              manager,
              normal(scope, target.nameOfA() + "/square", 1, r, r),
              normal(scope, target.nameOfA(), 1, target.module().in(), r / 2),
              normal(scope, target.nameOfB(), 1, r / 2, target.module().out()));
      values.put(target.nameOfA(), factors.get(0));
      values.put(target.nameOfB(), factors.get(1));
    }
  }

  /** Of one matrix or of many in one, whose rank is then a part of what B reads. */
  private void putDrawn(TensorEntry a, TensorEntry b, int r) {
    values.put(
        a.name(),
        config.initLoraWeights() == LoraInit.GAUSSIAN
            ? normal(manager, a.name(), 1.0 / r, a.shape())
            : likeLinear(a));
    values.put(b.name(), isRandom() ? likeLinear(b) : zeros(b.shape()));
  }

  /** As torch draws a linear layer's weight [out, in]. */
  private NDArray likeLinear(TensorEntry entry) {
    return uniform(entry.name(), 1 / Math.sqrt((double) entry.shape()[1]), entry.shape());
  }

  private boolean isRandom() {
    return config.initLoraWeights() == LoraInit.RANDOM;
  }

  private void putExtra(LoraTarget target) {
    long out = target.module().out();
    switch (target.extra()) {
      case BIAS ->
          values.put(
              target.nameOfBias(),
              isRandom()
                  ? uniform(target.nameOfBias(), 1 / Math.sqrt(target.r()), out)
                  : zeros(out));
      case MAGNITUDE -> values.put(target.nameOfMagnitude(), zeros(out));
      case NONE -> {}
    }
  }

  /** As PEFT's: A zero and B normal, whatever init_lora_weights is, unless it is false. */
  private void putDrawn(LoraEmbeddingTarget target) {
    long[] shapeOfA = {target.r(), target.module().vocabulary()};
    values.put(
        target.nameOfA(),
        isRandom() ? normal(manager, target.nameOfA(), 1, shapeOfA) : zeros(shapeOfA));
    values.put(
        target.nameOfB(),
        normal(manager, target.nameOfB(), 1, target.module().width(), target.r()));
    if (target.isDecomposed()) {
      values.put(target.nameOfMagnitude(), zeros(target.module().width()));
    }
  }

  private void putRows(TrainedRows part) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray table = frozen.fp32(scope, part.module() + ".weight");
      NDArray places = Tensors.fromLongs(scope, part.tokens(), part.tokens().length);
      values.put(part.entry().name(), EmbeddingKernels.embedding(manager, table, places));
    }
  }

  private NDArray zeros(long... shape) {
    return Tensors.fromFloats(manager, new float[size(shape)], shape);
  }

  private NDArray uniform(String name, double bound, long... shape) {
    float[] drawn = new InitialValues(seed, name).uniform(size(shape), bound);
    return Tensors.fromFloats(manager, drawn, shape);
  }

  private NDArray normal(NDManager scope, String name, double deviation, long... shape) {
    float[] drawn = new InitialValues(seed, name).normal(size(shape), deviation);
    return Tensors.fromFloats(scope, drawn, shape);
  }

  private static int size(long... shape) {
    long size = 1;
    for (long length : shape) {
      size = Math.multiplyExact(size, length);
    }
    return Math.toIntExact(size);
  }
}
