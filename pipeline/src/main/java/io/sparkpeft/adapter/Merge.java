package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.tensor.Dtype;
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
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Adds an adapter to its base for good, W' = W + scaling B A say, taken in fp32 and rounded once to
 * W's dtype, as PEFT's merge_and_unload does with an fp32 adapter.
 */
public final class Merge {
  private static final String TIED = "tie_word_embeddings";

  private final NDManager manager;
  private final TensorSource base;
  private final BaseModel model;
  private final BaseWeights weights;
  private final Adapter adapter;
  private final Map<String, Double> largestChanges = new LinkedHashMap<>();

  private Merge(
      NDManager manager, TensorSource base, BaseModel model, BaseWeights weights, Adapter adapter) {
    this.manager = manager;
    this.base = base;
    this.model = model;
    this.weights = weights;
    this.adapter = adapter;
  }

  /**
   * How a stored tensor becomes another.
   *
   * @param source the stored tensor that it begins as
   * @param shape of both
   */
  private record Change(
      String source, long[] shape, BiFunction<NDManager, NDArray, NDArray> apply) {}

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
   * two are no longer the same: the head gets a weight of its own.
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
        Adapter adapter =
            Adapters.load(manager, adapterFolder, model, frozen(base.tensors(), weights))) {
      Merge merge = new Merge(manager, base.tensors(), model, weights, adapter);
      ObjectNode config = base.config();
      if (merge.isUntied()) {
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

  /** The base's values out of its files. */
  private static FrozenTensors frozen(TensorSource base, BaseWeights weights) {
    return (manager, name) -> {
      boolean isTiedHead = weights.tiedHead() && name.equals(BaseWeights.HEAD_WEIGHT);
      TensorEntry entry = base.entry(isTiedHead ? weights.embedding() : weights.stored(name));
      try (NDManager scope = manager.newSubManager()) {
        NDArray stored =
            Tensors.fromBytes(scope, base.bytes(entry.name()), entry.dtype(), entry.shape());
        return Tensors.cast(manager, stored, Dtype.FLOAT32);
      }
    };
  }

  private List<NamedTensor> tensors() {
    Map<String, Change> changes = changes();
    List<NamedTensor> result = new ArrayList<>();
    for (String name : base.names()) {
      Change change = changes.remove(name);
      result.add(change == null ? NamedTensor.of(base, name) : merged(name, change));
    }
    changes.forEach((name, change) -> result.add(merged(name, change)));
    return result;
  }

  /** By the names in the base's files. */
  private Map<String, Change> changes() {
    Map<String, Change> changes = new LinkedHashMap<>();
    for (LinearModule module : weights.modules()) {
      boolean isTied = weights.tiedHead() && module.name().equals(BaseWeights.HEAD);
      if (!isTied || isUntied()) {
        putLinear(changes, module, isTied);
      }
    }
    putEmbedding(changes);
    for (Map.Entry<String, long[]> tensor : model.tensors().entrySet()) {
      String stored = weights.stored(tensor.getKey());
      adapter
          .replacement(tensor.getKey())
          .ifPresent(
              trained ->
                  changes.put(
                      stored,
                      new Change(
                          stored,
                          tensor.getValue(),
                          (scope, w) -> Tensors.cast(scope, trained.value(), Tensors.dtype(w)))));
    }
    for (LinearModule module : weights.modules()) {
      adapter.linear(module.name()).ifPresent(delta -> putBias(changes, module, delta));
    }
    return changes;
  }

  /** Whether a tied head gets a weight of its own, since the two are no longer the same. */
  private boolean isUntied() {
    return weights.tiedHead() && isHeadOrEmbeddingChanged() && !adapter.keepsTie();
  }

  private boolean isHeadOrEmbeddingChanged() {
    return adapter.linear(BaseWeights.HEAD).isPresent()
        || adapter.embedding().isPresent()
        || adapter.replacement(model.embedding().name() + ".weight").isPresent();
  }

  /**
   * @param isTied whether its weight is the embedding, whatever a file holds under its name
   */
  private void putLinear(Map<String, Change> changes, LinearModule module, boolean isTied) {
    String stored = weights.stored(module.name() + ".weight");
    String source = isTied ? weights.embedding() : stored;
    long[] shape =
        module.fanInFanOut()
            ? new long[] {module.in(), module.out()}
            : new long[] {module.out(), module.in()};
    Optional<LinearDelta> delta = adapter.linear(module.name());
    if (delta.isPresent()) {
      changes.put(
          stored,
          new Change(
              source, shape, (scope, w) -> delta.get().merged(scope, w, module.fanInFanOut())));
    } else if (isTied) {
      changes.put(stored, new Change(source, shape, (scope, w) -> w));
    }
  }

  private void putEmbedding(Map<String, Change> changes) {
    BaseModel.EmbeddingModule module = model.embedding();
    long[] shape = {module.vocabulary(), module.width()};
    adapter
        .embedding()
        .ifPresent(
            delta ->
                changes.put(
                    weights.embedding(), new Change(weights.embedding(), shape, delta::merged)));
  }

  /** After the biases that are trained whole: what lora_bias adds is added to those. */
  private void putBias(Map<String, Change> changes, LinearModule module, LinearDelta delta) {
    if (!delta.changesBias()) {
      return;
    }
    String name = weights.stored(module.name() + ".bias");
    if (!base.names().contains(name)) {
      throw AdapterErrors.noBiasToMergeInto(module.name());
    }
    long[] shape = {module.out()};
    Change before = changes.getOrDefault(name, new Change(name, shape, (scope, b) -> b));
    changes.put(
        name,
        new Change(
            name,
            shape,
            (scope, b) -> delta.mergedBias(scope, before.apply().apply(scope, b)).orElseThrow()));
  }

  private NamedTensor merged(String name, Change change) {
    TensorEntry entry = base.entry(change.source());
    if (!AdapterReader.isFloat(entry.dtype()) || !Arrays.equals(change.shape(), entry.shape())) {
      throw AdapterErrors.cannotMergeInto(entry);
    }
    return new NamedTensor(
        name, entry.dtype(), entry.shape(), () -> mergedBytes(name, entry, change));
  }

  private ByteBuffer mergedBytes(String name, TensorEntry entry, Change change) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray before =
          Tensors.fromBytes(scope, base.bytes(entry.name()), entry.dtype(), entry.shape());
      NDArray after = change.apply().apply(scope, before);
      double difference = Tensors.maxAbsDifference(before, after);
      if (!Double.isFinite(difference)) {
        throw AdapterErrors.mergedNotFinite(name, entry.dtype());
      }
      largestChanges.put(name, difference);
      return Tensors.toBytes(after);
    }
  }
}
