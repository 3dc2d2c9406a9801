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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Adds adapters to their base for good, one after the other: W' = W + scaling B A say, as PEFT's
 * merge_and_unload does with fp32 adapters.
 */
public final class Merge implements AutoCloseable {
  private static final String TIED = "tie_word_embeddings";

  private final NDManager manager;
  private final BaseModel model;
  private final FrozenTensors frozen;
  private final boolean tiedBefore;
  private final List<MergedTensors> stages = new ArrayList<>();
  private TensorSource tensors;
  private BaseWeights weights;

  /**
   * Merges nothing yet.
   *
   * @param base its tensors, the adapted ones as floats
   * @param model what adapters have to know of the base
   * @param weights how the base keeps its weights
   */
  public Merge(NDManager parent, TensorSource base, BaseModel model, BaseWeights weights) {
    this.manager = parent.newSubManager();
    this.model = model;
    this.frozen = frozen(base, weights);
    this.tiedBefore = weights.tiedHead();
    this.tensors = base;
    this.weights = weights;
  }

  /**
   * Merges another adapter into what there is.
   *
   * @param adapterFolder an adapter of the base
   * @throws io.sparkpeft.base.SparkPeftException (65) if it does not fit the base, (66) if a file
   *     is missing, (78) if no weights can hold what it does, or if it cannot be undone
   */
  public Merge with(Path adapterFolder, MergeMode mode) {
    requireMergeable(adapterFolder);
    Adapter adapter = Adapters.load(manager, adapterFolder, model, frozen);
    MergedTensors merged = new MergedTensors(tensors, model, weights, adapter, mode);
    stages.add(merged);
    tensors = merged;
    weights = merged.weights();
    return this;
  }

  private static void requireMergeable(Path adapterFolder) {
    AdapterConfig config = AdapterConfig.read(adapterFolder);
    config
        .whyNotMerged()
        .ifPresent(
            why -> {
              throw AdapterErrors.cannotMerge(adapterFolder, config.peftType().method(), why);
            });
  }

  /** The merged checkpoint, each tensor made as it is asked for. */
  public TensorSource tensors() {
    return tensors;
  }

  /** The configuration of the merged checkpoint: a head that is no longer tied says so. */
  public ObjectNode config(ObjectNode base) {
    ObjectNode config = base.deepCopy();
    if (tiedBefore && !weights.tiedHead()) {
      config.put(TIED, false);
    }
    return config;
  }

  /** By changed tensor that was made, the largest absolute change by one of the adapters. */
  public Map<String, Double> largestChanges() {
    Map<String, Double> largest = new TreeMap<>();
    stages.forEach(
        stage -> stage.largestChanges().forEach((n, c) -> largest.merge(n, c, Math::max)));
    return Collections.unmodifiableMap(largest);
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (65) if none of the tensors that were made differs
   *     from the base's
   */
  public void requireChange(Path adapterFolder) {
    if (largestChange() == 0) {
      throw AdapterErrors.nothingMerged(adapterFolder);
    }
  }

  public double largestChange() {
    return largestChanges().values().stream().reduce(0.0, Math::max);
  }

  /**
   * Writes base + adapter as a new model folder: dtypes, config and tokenizer files stay as they
   * are. A base whose head is tied to its embedding is untied if the two are no longer the same:
   * the head gets a weight of its own.
   *
   * @param target an existing folder to write into; the caller makes it appear whole
   * @return by adapted weight, the largest absolute change of one of its values
   * @throws io.sparkpeft.base.SparkPeftException (65) if the adapter does not fit the base or
   *     changes none of its weights or makes one infinite, (66) if a file is missing, (73) if one
   *     cannot be written
   */
  public static Map<String, Double> folder(
      NDManager parent,
      ModelFolder base,
      Path adapterFolder,
      BaseModel model,
      BaseWeights weights,
      Path target) {
    try (Merge merge = new Merge(parent, base.tensors(), model, weights)) {
      merge.with(adapterFolder, MergeMode.MERGE).write(base, target);
      merge.requireChange(adapterFolder);
      return merge.largestChanges();
    }
  }

  /**
   * Writes the merged checkpoint as a model folder beside which the base's tokenizer comes along.
   *
   * @param target an existing folder to write into; the caller makes it appear whole
   */
  public void write(ModelFolder base, Path target) {
    List<NamedTensor> named =
        tensors.names().stream().map(name -> NamedTensor.of(tensors, name)).toList();
    ModelFolderWriter.write(
        target, config(base.config()), named, ModelFolderWriter.DEFAULT_SHARD_BYTES);
    ModelFolderWriter.copyCompanions(base.path(), target);
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

  @Override
  public void close() {
    manager.close();
  }
}
