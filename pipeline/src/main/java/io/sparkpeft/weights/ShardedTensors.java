package io.sparkpeft.weights;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** The tensors of several files, found by the weight_map of their index. */
final class ShardedTensors implements TensorSource {
  private final Path folder;
  private final SortedMap<String, SafetensorsFile> files;

  private ShardedTensors(Path folder, SortedMap<String, SafetensorsFile> files) {
    this.folder = folder;
    this.files = files;
  }

  static ShardedTensors open(Path folder, Path index) {
    SortedMap<String, String> weightMap = weightMap(index);
    SortedMap<String, SafetensorsFile> shards = openShards(folder, weightMap);
    SortedMap<String, SafetensorsFile> files = new TreeMap<>(SafetensorsHeader.BYTE_ORDER);
    weightMap.forEach((tensor, shard) -> files.put(tensor, shards.get(shard)));
    List<String> missing =
        files.entrySet().stream()
            .filter(e -> !e.getValue().contains(e.getKey()))
            .map(e -> e.getKey() + " (" + e.getValue().path().getFileName() + ")")
            .toList();
    if (!missing.isEmpty()) {
      throw WeightsErrors.missingFromShards(folder, missing);
    }
    return new ShardedTensors(folder, files);
  }

  /** The file of each tensor, by name. */
  static SortedMap<String, String> weightMap(Path index) {
    JsonNode map = Json.read(index).path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw WeightsErrors.brokenIndex(index, "It has no weight_map.");
    }
    SortedMap<String, String> result = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : map.properties()) {
      String shard = field.getValue().asText();
      // A shard lies beside its index: a path could lead anywhere.
      if (!field.getValue().isTextual() || shard.contains("/") || shard.contains("\\")) {
        throw WeightsErrors.brokenIndex(
            index, "Its weight_map gives " + field.getKey() + " no file name but " + shard + ".");
      }
      result.put(field.getKey(), shard);
    }
    return result;
  }

  private static SortedMap<String, SafetensorsFile> openShards(
      Path folder, Map<String, String> weightMap) {
    Set<String> names = new TreeSet<>(weightMap.values());
    List<String> missing =
        names.stream().filter(name -> !Files.exists(folder.resolve(name))).toList();
    if (!missing.isEmpty()) {
      throw WeightsErrors.missingShards(folder, missing);
    }
    SortedMap<String, SafetensorsFile> shards = new TreeMap<>();
    names.forEach(name -> shards.put(name, Safetensors.open(folder.resolve(name))));
    return shards;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(files.keySet());
  }

  @Override
  public TensorEntry entry(String name) {
    return file(name).entry(name);
  }

  @Override
  public ByteBuffer bytes(String name) {
    return file(name).bytes(name);
  }

  private SafetensorsFile file(String name) {
    SafetensorsFile file = files.get(name);
    if (file == null) {
      throw WeightsErrors.missingTensor(folder, name, names());
    }
    return file;
  }
}
