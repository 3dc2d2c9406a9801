package io.sparkpeft.weights;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A base model in Hugging Face's layout: config.json beside model.safetensors, or beside shards and
 * their index. Only headers are read on opening.
 */
public final class ModelFolder {
  public static final String CONFIG = "config.json";
  static final String WEIGHTS = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";
  private static final List<String> PICKLES =
      List.of("pytorch_model.bin", "pytorch_model.bin.index.json");

  private final Path path;
  private final ObjectNode config;
  private final TensorSource tensors;

  private ModelFolder(Path path, ObjectNode config, TensorSource tensors) {
    this.path = path;
    this.config = config;
    this.tensors = tensors;
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) for a missing config.json, weights, shard or
   *     tensor of the index, named; (65) for a broken file, or if the weights are a pickle
   */
  public static ModelFolder open(Path folder) {
    ObjectNode config = openConfig(folder);
    return new ModelFolder(folder, config, TiedTensors.of(openTensors(folder), config));
  }

  /**
   * The configuration alone, for which no weights are needed.
   *
   * @param path a model folder, or a config.json itself
   */
  public static ObjectNode openConfig(Path path) {
    Path file = Files.isRegularFile(path) ? path : path.resolve(CONFIG);
    if (!Files.exists(file)) {
      throw WeightsErrors.noConfig(path);
    }
    if (Json.read(file) instanceof ObjectNode config) {
      return config;
    }
    throw WeightsErrors.configNotObject(file);
  }

  /** Whether there is anything beside config.json that {@link #open} would take for weights. */
  public static boolean hasWeights(Path folder) {
    return Stream.concat(Stream.of(WEIGHTS, INDEX), PICKLES.stream())
        .anyMatch(name -> Files.exists(folder.resolve(name)));
  }

  /**
   * The names of a model's tensors, by its index or a single file's header; empty where neither is
   * there. Shards need not be.
   *
   * @param path a model folder, or a config.json itself
   * @throws io.sparkpeft.base.SparkPeftException (65) if they cannot be read
   */
  public static Set<String> tensorNames(Path path) {
    if (Files.exists(path.resolve(INDEX))) {
      return Set.copyOf(ShardedTensors.weightMap(path.resolve(INDEX)).keySet());
    }
    return Files.exists(path.resolve(WEIGHTS))
        ? Set.copyOf(Safetensors.open(path.resolve(WEIGHTS)).names())
        : Set.of();
  }

  private static TensorSource openTensors(Path folder) {
    if (Files.exists(folder.resolve(INDEX))) {
      return ShardedTensors.open(folder, folder.resolve(INDEX));
    }
    if (Files.exists(folder.resolve(WEIGHTS))) {
      return Safetensors.open(folder.resolve(WEIGHTS));
    }
    for (String pickle : PICKLES) {
      if (Files.exists(folder.resolve(pickle))) {
        throw WeightsErrors.onlyPickledWeights(folder, pickle);
      }
    }
    throw WeightsErrors.noWeights(folder);
  }

  public Path path() {
    return path;
  }

  /** A copy of config.json. */
  public ObjectNode config() {
    return config.deepCopy();
  }

  public TensorSource tensors() {
    return tensors;
  }

  /**
   * The model's identity: a hash over config.json and, in name order, every tensor's name, dtype,
   * shape and a sample of its values (see {@link WeightsIdentity}). It costs a second even for
   * large models, does not depend on how the weights are sharded, and tells apart any two
   * checkpoints of a training; it is no proof against a single altered value.
   */
  public String sha256() {
    return WeightsIdentity.sha256(config, tensors);
  }
}
