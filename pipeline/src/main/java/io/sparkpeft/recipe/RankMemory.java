package io.sparkpeft.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.AdapterShape;
import io.sparkpeft.base.Json;
import io.sparkpeft.model.Checkpointing;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.model.DecoderMemory;
import io.sparkpeft.optim.OptimizerSettings;
import io.sparkpeft.tensor.Dtype;
import java.util.Set;

/**
 * The memory of one rank that computes one micro-batch at a time, in bytes.
 *
 * @param weights the frozen base, mapped from its files and shared by a host's ranks
 * @param workspace where quantised weights of one layer are expanded
 * @param adapter its values in fp32, and what a prompt adds to them
 * @param optimizer its state as far as it stays in memory
 * @param optimizerFiles what a paged optimizer's state takes in the scratch folder, not in memory
 * @param gradients an fp32 gradient and its int64 sum, on the JVM's heap
 * @param activations of a micro-batch of the longest examples, forward and backward
 * @param logits of one chunk of targets, with their gradient
 */
public record RankMemory(
    long weights,
    long workspace,
    long adapter,
    long optimizer,
    long optimizerFiles,
    long gradients,
    long activations,
    long logits) {

  /** libtorch's code and buffers, and what the allocator keeps. */
  private static final long ENGINE_BYTES = 512L << 20;

  private static final long ROUNDING_BYTES = 256L << 20;

  static RankMemory of(Recipe recipe, DecoderConfig config, AdapterShape adapter) {
    long parameters = adapter.trainableParameters();
    TrainSection train = recipe.train();
    long state = stateBytes(adapter, train);
    long resident = train.optimizer().isPaged() ? Math.min(state, train.optimizerMemory()) : state;
    Set<String> tensors =
        config.quantization().isPresent() ? recipe.model().tensorNames() : Set.of();
    DecoderMemory memory =
        DecoderMemory.of(config, dtype(recipe.model().dtype(), config), adapter)
            .ofCheckpoint(tensors);
    int rows = rows(train);
    int columns = columns(recipe, config);
    return new RankMemory(
        memory.weightBytes(),
        memory.workspaceBytes(),
        (parameters + adapter.derivedValues()) * Float.BYTES,
        resident,
        state - resident,
        parameters * (Float.BYTES + Long.BYTES),
        memory.activationBytes(rows, columns, checkpointing(recipe, memory)),
        memory.headBytes(rows * columns));
  }

  /** All parts in memory together. */
  public long total() {
    return weights + workspace + adapter + optimizer + gradients + activations + logits;
  }

  /** What an executor needs beside its JVM heap: {@code spark.executor.memoryOverhead}. */
  public long overheadBytes() {
    long bytes = ENGINE_BYTES + total() - gradients;
    return (bytes + ROUNDING_BYTES - 1) / ROUNDING_BYTES * ROUNDING_BYTES;
  }

  /** The parts by name, and all together as {@code total}. */
  public ObjectNode json() {
    return Json.object()
        .put("weights", weights)
        .put("workspace", workspace)
        .put("adapter", adapter)
        .put("optimizer", optimizer)
        .put("optimizer_files", optimizerFiles)
        .put("gradients", gradients)
        .put("activations", activations)
        .put("logits", logits)
        .put("total", total());
  }

  private static Dtype dtype(ModelSection.ComputeDtype dtype, DecoderConfig config) {
    return switch (dtype) {
      case FLOAT32 -> Dtype.FLOAT32;
      case BFLOAT16 -> Dtype.BFLOAT16;
      case AUTO ->
          config.stored().filter(Dtype.BFLOAT16::equals).isPresent()
              ? Dtype.BFLOAT16
              : Dtype.FLOAT32;
    };
  }

  private static long stateBytes(AdapterShape adapter, TrainSection train) {
    OptimizerSettings optimizer = train.optimizerSettings();
    return adapter.entries().stream()
        .mapToLong(tensor -> optimizer.stateBytes(tensor.elements()))
        .sum();
  }

  /** What {@code train.gradient_checkpointing} means for a base of that shape. */
  public static Checkpointing checkpointing(Recipe recipe, DecoderMemory memory) {
    return switch (recipe.train().gradientCheckpointing()) {
      case AUTO -> memory.affordable(rows(recipe.train()), columns(recipe, memory.config()));
      case TRUE -> Checkpointing.RECOMPUTE;
      case PRODUCTS -> Checkpointing.KEEP_PRODUCTS;
      case FALSE -> Checkpointing.KEEP_ALL;
    };
  }

  private static int rows(TrainSection train) {
    return Math.min(train.microBatchSize(), train.globalBatchSize());
  }

  private static int columns(Recipe recipe, DecoderConfig config) {
    return recipe.data().maxLength(config.maxPositionEmbeddings());
  }
}
