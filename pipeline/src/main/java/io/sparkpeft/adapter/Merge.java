package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.ModelFolderWriter;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds an adapter to its base for good: W' = W + scaling B A, taken in fp32 and rounded once to W's
 * dtype, as PEFT's merge_and_unload does with an fp32 adapter.
 */
public final class Merge {
  private static final String TIED = "tie_word_embeddings";

  private final NDManager manager;
  private final TensorSource base;
  private final BaseWeights weights;
  private final Adapter adapter;
  private final Map<String, Double> largestChanges = new LinkedHashMap<>();

  private Merge(NDManager manager, TensorSource base, BaseWeights weights, Adapter adapter) {
    this.manager = manager;
    this.base = base;
    this.weights = weights;
    this.adapter = adapter;
  }

  /** What is to be added to a stored weight. */
  private record Change(LinearModule module, LinearDelta delta) {}

  /**
   * What a merge did.
   *
   * @param largestChanges by adapted weight, the largest absolute change of one of its values
   */
  public record Report(Map<String, Double> largestChanges) {
    public Report {
      largestChanges = Map.copyOf(largestChanges);
    }

    public double largestChange() {
      return largestChanges.values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }
  }

  /**
   * Writes base + adapter as a new model folder, one tensor in memory at a time: dtypes, config and
   * tokenizer files stay as they are. A base whose head is tied to its embedding is untied if the
   * head is adapted: the embedding stays, the head gets a weight of its own.
   *
   * @param model what the adapter has to know of the base
   * @param weights how the base keeps its weights
   * @param target an existing folder to write into; the caller makes it appear whole
   * @throws io.sparkpeft.base.SparkPeftException (65) if the adapter does not fit the base or
   *     changes none of its weights or makes one infinite, (66) if a file is missing, (73) if one
   *     cannot be written
   */
  public static Report folder(
      NDManager parent,
      ModelFolder base,
      Path adapterFolder,
      BaseModel model,
      BaseWeights weights,
      Path target) {
    try (NDManager manager = parent.newSubManager();
        Adapter adapter = Adapters.load(manager, adapterFolder, model)) {
      Merge merge = new Merge(manager, base.tensors(), weights, adapter);
      ObjectNode config = base.config();
      if (adapter.linear(BaseWeights.HEAD).isPresent()) {
        config.put(TIED, false);
      }
      ModelFolderWriter.write(
          target, config, merge.tensors(), ModelFolderWriter.DEFAULT_SHARD_BYTES);
      ModelFolderWriter.copyCompanions(base.path(), target);
      Report report = new Report(merge.largestChanges);
      if (report.largestChange() == 0) {
        throw AdapterErrors.nothingMerged(adapterFolder);
      }
      return report;
    }
  }

  private List<NamedTensor> tensors() {
    Map<String, Change> changes = new LinkedHashMap<>();
    for (LinearModule module : weights.modules()) {
      adapter
          .linear(module.name())
          .ifPresent(delta -> changes.put(weights.stored(module), new Change(module, delta)));
    }
    List<NamedTensor> result = new ArrayList<>();
    for (String name : base.names()) {
      Change change = changes.remove(name);
      result.add(change == null ? NamedTensor.of(base, name) : merged(name, change));
    }
    changes.forEach((name, change) -> result.add(merged(name, change)));
    return result;
  }

  private NamedTensor merged(String name, Change change) {
    LinearModule module = change.module();
    // A tied head is the embedding, whatever a file holds under its name.
    boolean isEmbedding = weights.tiedHead() && module.name().equals(BaseWeights.HEAD);
    TensorEntry entry = base.entry(isEmbedding ? weights.embedding() : name);
    long[] shape =
        module.fanInFanOut()
            ? new long[] {module.in(), module.out()}
            : new long[] {module.out(), module.in()};
    if (!AdapterReader.isFloat(entry.dtype()) || !Arrays.equals(shape, entry.shape())) {
      throw AdapterErrors.cannotMergeInto(entry);
    }
    return new NamedTensor(
        name, entry.dtype(), entry.shape(), () -> mergedBytes(name, entry, change));
  }

  private ByteBuffer mergedBytes(String name, TensorEntry entry, Change change) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray before =
          Tensors.fromBytes(scope, base.bytes(entry.name()), entry.dtype(), entry.shape());
      NDArray after = change.delta().merged(scope, before, change.module().fanInFanOut());
      double difference = Tensors.maxAbsDifference(before, after);
      if (!Double.isFinite(difference)) {
        throw AdapterErrors.mergedNotFinite(name, entry.dtype());
      }
      largestChanges.put(name, difference);
      return Tensors.toBytes(after);
    }
  }
}
