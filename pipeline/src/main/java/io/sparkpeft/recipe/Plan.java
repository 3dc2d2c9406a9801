package io.sparkpeft.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.AdaptedModule;
import io.sparkpeft.adapter.AdaptedStack;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.AdapterShape;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.VbLoraConfig;
import io.sparkpeft.base.Json;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.quant.Quantization;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What a finetune would do, known without Spark and without weights.
 *
 * @param trainableByModule trained values by the last part of the modules' names, or of that of a
 *     tensor that all layers share
 * @param modulesByName how many modules each of these stands for
 * @param weightsByName frozen weights of these modules
 * @param quantization of the base's linear layers, if they are
 * @param adapterFileBytes the exact size of adapter_model.safetensors
 * @param savable of VB-LoRA, whose adapters have two kinds of files
 * @param allReduceBytesPerStep what one rank sends per step: 2 (n - 1) / n of 8 bytes for each
 *     trained value (a ring over n ranks, sums in int64)
 * @param memory of one rank
 * @param examples training examples, where they can be counted cheaply
 * @param steps optimizer steps, where {@code train.max_steps} or the examples tell
 * @param partitions tasks of the barrier stage, each of which takes a slot
 */
public record Plan(
    Map<String, Long> trainableByModule,
    Map<String, Integer> modulesByName,
    Map<String, Long> weightsByName,
    long trainableParameters,
    long totalParameters,
    Optional<Quantization> quantization,
    long adapterFileBytes,
    Optional<Savable> savable,
    long allReduceBytesPerStep,
    RankMemory memory,
    OptionalLong examples,
    OptionalLong steps,
    int partitions,
    int microBatchesPerStep)
    implements JobResult {

  private static final String OF_BASE = "base_model.";
  private static final int FIXED_POINT_BYTES = Long.BYTES;

  public Plan {
    trainableByModule = Collections.unmodifiableMap(new LinkedHashMap<>(trainableByModule));
    modulesByName = Collections.unmodifiableMap(new LinkedHashMap<>(modulesByName));
    weightsByName = Collections.unmodifiableMap(new LinkedHashMap<>(weightsByName));
  }

  /**
   * What a file of a VB-LoRA adapter holds, in fp32 values' worth, as PEFT prints it.
   *
   * @param all with all logits
   * @param topk with {@code adapter.save_only_topk_weights}
   */
  public record Savable(long all, long topk) {
    private static Optional<Savable> of(AdapterConfig adapter, BaseModel base) {
      return adapter instanceof VbLoraConfig config
          ? Optional.of(
              new Savable(
                  config.savableParameters(base, false), config.savableParameters(base, true)))
          : Optional.empty();
    }
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) without a config.json, (78) if the adapter
   *     does not fit the model
   */
  public static Plan of(Recipe recipe) {
    DecoderConfig model = recipe.base().config();
    BaseModel base = model.baseModel();
    AdapterConfig adapter = adapter(recipe).resolvedFor(base);
    AdapterShape shape = adapter.shape(base);
    Map<String, Long> trainable = new LinkedHashMap<>();
    Map<String, Integer> counts = new LinkedHashMap<>();
    Map<String, Long> weights = new LinkedHashMap<>();
    for (AdaptedModule target : shape.modules()) {
      String kind = kind(target.module().name());
      trainable.merge(kind, target.trainableParameters(), Long::sum);
      counts.merge(kind, 1, Integer::sum);
      weights.merge(kind, target.module().weights(), Long::sum);
    }
    for (AdaptedStack adapted : shape.stacks()) {
      weights.merge(kind(adapted.stack().label()), adapted.stack().weights(), Long::sum);
    }
    for (Map.Entry<String, Long> other : new TreeMap<>(shape.others()).entrySet()) {
      trainable.merge(kind(other.getKey()), other.getValue(), Long::sum);
      counts.merge(kind(other.getKey()), 1, Integer::sum);
    }
    shape
        .shared()
        .forEach(entry -> trainable.merge(shared(entry.name()), entry.elements(), Long::sum));
    long parameters = shape.trainableParameters();
    TrainSection train = recipe.train();
    OptionalLong examples = ExampleCount.of(recipe);
    return new Plan(
        trainable,
        counts,
        weights,
        parameters,
        model.parameterCount(),
        model.quantization(),
        shape.fileBytes(),
        Savable.of(adapter, base),
        allReduceBytes(parameters, train.ranks()),
        RankMemory.of(recipe, model, shape),
        examples,
        steps(train, examples),
        train.ranks(),
        (train.globalBatchSize() + train.microBatchSize() - 1) / train.microBatchSize());
  }

  /** What one rank of n sends to sum that many values over a ring, in bytes. */
  static long allReduceBytes(long parameters, int ranks) {
    return 2L * (ranks - 1) * FIXED_POINT_BYTES * parameters / ranks;
  }

  @Override
  public ObjectNode json() {
    ObjectNode node = Json.object();
    node.put("trainable_parameters", trainableParameters);
    node.set("trainable_parameters_by_module", Json.tree(trainableByModule));
    node.set("weights_by_module", Json.tree(weightsByName));
    node.put("total_parameters", totalParameters);
    quantization.ifPresent(
        settings ->
            node.put("quantization", settings.text())
                .put("quantized_bits_per_weight", settings.bitsPerWeight()));
    node.put("adapter_file_bytes", adapterFileBytes);
    savable.ifPresent(parameters -> node.set("savable_parameters", Json.tree(parameters)));
    node.put("all_reduce_bytes_per_step", allReduceBytesPerStep);
    node.set("memory_bytes", memory.json());
    node.put("executor_memory_overhead_bytes", memory.overheadBytes());
    putOrNull(node, "examples", examples);
    putOrNull(node, "steps", steps);
    node.put("micro_batches_per_step", microBatchesPerStep);
    node.put("partitions", partitions);
    node.put("slots", partitions);
    return node;
  }

  /** The plan as a table for a person. */
  public String text() {
    return PlanText.of(this);
  }

  private static AdapterConfig adapter(Recipe recipe) {
    return recipe
        .adapter()
        .folder()
        .map(AdapterConfig::readToTrain)
        .orElseGet(() -> AdapterConfig.of(recipe.adapterSettings()));
  }

  private static OptionalLong steps(TrainSection train, OptionalLong examples) {
    if (train.maxSteps().isPresent()) {
      return OptionalLong.of(train.maxSteps().get());
    }
    return examples.isPresent()
        ? OptionalLong.of(train.settings().steps(examples.getAsLong()))
        : OptionalLong.empty();
  }

  /** vblora_vector_bank, prompt_embeddings, and prompt_encoder for all tensors of an encoder. */
  private static String shared(String name) {
    String path = name.startsWith(OF_BASE) ? name.substring(OF_BASE.length()) : name;
    return path.contains(".") ? path.substring(0, path.indexOf('.')) : path;
  }

  private static String kind(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static void putOrNull(ObjectNode node, String key, OptionalLong value) {
    if (value.isPresent()) {
      node.put(key, value.getAsLong());
    } else {
      node.putNull(key);
    }
  }
}
