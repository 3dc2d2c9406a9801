package io.sparkpeft.api.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.model.QuantizedWeights;
import io.sparkpeft.model.TrainingFlops;
import io.sparkpeft.recipe.JobResult;
import io.sparkpeft.recipe.RankMemory;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a benchmark measured.
 *
 * @param parts where the time of a step goes, summed over threads
 * @param kernels the same by kernel, over all profiled steps
 */
public record Benchmark(
    Setting setting,
    Speed speed,
    Limit limit,
    List<Part> parts,
    Map<String, KernelTime> kernels,
    Memory memory)
    implements JobResult {

  public Benchmark {
    parts = List.copyOf(parts);
    kernels = Map.copyOf(kernels);
  }

  /**
   * What was trained, and how.
   *
   * @param weights where they are from, in words
   * @param quantized how many weights are quantised and in how many bits; empty for none
   * @param documents where they are from, in words
   * @param arithmetic see {@link io.sparkpeft.tensor.Arithmetic#text}
   * @param checkpointing keep_all or recompute
   */
  public record Setting(
      String model,
      long parameters,
      long trainableParameters,
      String weights,
      Optional<QuantizedWeights> quantized,
      String documents,
      String device,
      String arithmetic,
      String checkpointing,
      int workers,
      boolean packing,
      int microBatchSize,
      int globalBatchSize) {}

  /**
   * Of the measured steps, without a clock in the kernels.
   *
   * @param processorSecondsPerStep of all threads: what other processes take does not show
   * @param tokensPerSecond real tokens, prompts included
   * @param flops of one step
   * @param flopsPerSecond of wall time
   * @param flopsPerProcessorSecond of the process's time on its processors (of wall time on a GPU)
   */
  public record Speed(
      int steps,
      double secondsPerStep,
      double processorSecondsPerStep,
      double tokensPerSecond,
      double targetTokensPerSecond,
      TrainingFlops.Parts flops,
      double flopsPerSecond,
      double flopsPerProcessorSecond,
      double lossFirst,
      double lossLast) {}

  /**
   * The machine's own: matrix products of the model's shapes, in this process, on all workers.
   *
   * @param rows of the batch that was multiplied, those of a mean micro-batch
   * @param fastest which product it was, in words
   * @param flopsPerSecond its speed
   * @param mixedFlopsPerSecond of all the model's products together, each by its best library
   * @param flopsPerProcessorSecond the fastest in processor time, of one worker
   */
  public record Limit(
      int rows,
      String fastest,
      double flopsPerSecond,
      double mixedFlopsPerSecond,
      double flopsPerProcessorSecond) {}

  /**
   * @param secondsPerStep processor time of all threads (wall time on a GPU)
   * @param flopsPerStep where the part is made of products
   */
  public record Part(String name, double secondsPerStep, OptionalLong flopsPerStep) {}

  /** Calls and seconds of one kernel. */
  public record KernelTime(long calls, double seconds) {}

  /**
   * Resident memory of the process.
   *
   * @param floor before there were weights: JVM, libtorch, compiled kernels
   * @param weights what they added
   * @param peak the most while training
   * @param heap what the JVM had reserved for its heap in the end; part of the rest
   * @param predicted by formula, for documents of data.max_length
   */
  public record Memory(long floor, long weights, long peak, long heap, RankMemory predicted) {
    /** Adapter, optimizer, activations, and what the heap grew by. */
    public long activationsAndRest() {
      return peak - floor - weights;
    }
  }

  /** Of the fastest product's speed. */
  public double shareOfLimit() {
    return speed.flopsPerSecond() / limit.flopsPerSecond();
  }

  /** Of the speed of the model's own mix of products. */
  public double shareOfMixedLimit() {
    return speed.flopsPerSecond() / limit.mixedFlopsPerSecond();
  }

  /** Of the fastest product's, both in processor time: what other processes take does not show. */
  public double shareOfLimitInProcessorTime() {
    return speed.flopsPerProcessorSecond() / limit.flopsPerProcessorSecond();
  }

  @Override
  public ObjectNode json() {
    ObjectNode node = Json.object();
    node.set("setting", settingJson());
    node.put("tokens_per_second", speed.tokensPerSecond());
    node.put("target_tokens_per_second", speed.targetTokensPerSecond());
    node.put("steps", speed.steps());
    node.put("seconds_per_step", speed.secondsPerStep());
    node.put("processor_seconds_per_step", speed.processorSecondsPerStep());
    node.put("loss_first", speed.lossFirst()).put("loss_last", speed.lossLast());
    node.set("flops_per_step", flopsJson(speed.flops()));
    node.put("flops_per_second", speed.flopsPerSecond());
    node.set("gemm_limit", limitJson());
    node.put("share_of_limit", shareOfLimit());
    node.put("share_of_mixed_limit", shareOfMixedLimit());
    node.put("share_of_limit_in_processor_time", shareOfLimitInProcessorTime());
    node.set("parts", partsJson());
    node.set("kernels", Json.tree(kernels));
    node.set("memory_bytes", memoryJson());
    node.put("peak_memory_bytes", memory.peak());
    return node;
  }

  private ObjectNode settingJson() {
    ObjectNode node = Json.object();
    setting
        .quantized()
        .ifPresent(
            quantized ->
                node.put("quantization", quantized.settings().text())
                    .put("quantized_weights", quantized.weights())
                    .put("quantized_bits_per_weight", quantized.bitsPerWeight()));
    return node.put("model", setting.model())
        .put("total_parameters", setting.parameters())
        .put("trainable_parameters", setting.trainableParameters())
        .put("weights", setting.weights())
        .put("documents", setting.documents())
        .put("device", setting.device())
        .put("arithmetic", setting.arithmetic())
        .put("checkpointing", setting.checkpointing())
        .put("workers", setting.workers())
        .put("packing", setting.packing())
        .put("micro_batch_size", setting.microBatchSize())
        .put("global_batch_size", setting.globalBatchSize());
  }

  private static ObjectNode flopsJson(TrainingFlops.Parts flops) {
    return Json.object()
        .put("projections", flops.projections())
        .put("experts", flops.experts())
        .put("lora", flops.lora())
        .put("attention", flops.attention())
        .put("head", flops.head())
        .put("total", flops.total());
  }

  private ObjectNode limitJson() {
    return Json.object()
        .put("rows", limit.rows())
        .put("fastest", limit.fastest())
        .put("flops_per_second", limit.flopsPerSecond())
        .put("mixed_flops_per_second", limit.mixedFlopsPerSecond())
        .put("flops_per_processor_second", limit.flopsPerProcessorSecond());
  }

  private ArrayNode partsJson() {
    ArrayNode array = Json.array();
    for (Part part : parts) {
      ObjectNode node = array.addObject();
      node.put("part", part.name().toLowerCase(Locale.ROOT));
      node.put("seconds_per_step", part.secondsPerStep());
      part.flopsPerStep().ifPresent(flops -> node.put("flops_per_step", flops));
    }
    return array;
  }

  private ObjectNode memoryJson() {
    ObjectNode node =
        Json.object()
            .put("floor", memory.floor())
            .put("weights", memory.weights())
            .put("activations_and_rest", memory.activationsAndRest())
            .put("heap", memory.heap())
            .put("peak", memory.peak());
    node.set("predicted", memory.predicted().json());
    return node;
  }

  /** The same as tables for a person. */
  public String text() {
    return BenchmarkText.of(this);
  }
}
