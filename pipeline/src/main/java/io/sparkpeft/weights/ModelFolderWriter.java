package io.sparkpeft.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Writes a model folder in Hugging Face's layout, shard by shard, one tensor in memory. */
public final class ModelFolderWriter {
  /** The size of a shard unless told otherwise. */
  public static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

  /** What belongs to a model beside its configuration and weights. */
  private static final Pattern COMPANIONS =
      Pattern.compile(
          "generation_config\\.json|tokenizer\\.json|tokenizer_config\\.json|tokenizer\\.model"
              + "|special_tokens_map\\.json|added_tokens\\.json|vocab\\.json|vocab\\.txt"
              + "|merges\\.txt|chat_template\\.(jinja|json)|(LICENSE|NOTICE|USE_POLICY).*");

  private ModelFolderWriter() {}

  /**
   * @param folder an existing folder to write into; the caller makes it appear whole
   * @param config what config.json shall hold
   * @param tensors in the order in which shards are filled
   * @param shardBytes the most bytes of tensors in a file; a larger tensor has one for itself
   * @throws io.sparkpeft.base.SparkPeftException (73) if a file cannot be written
   */
  public static void write(
      Path folder, JsonNode config, List<NamedTensor> tensors, long shardBytes) {
    write(folder, config, tensors, shardBytes, WriteListener.NONE);
  }

  /** The same, telling how far it has come. */
  public static void write(
      Path folder,
      JsonNode config,
      List<NamedTensor> tensors,
      long shardBytes,
      WriteListener listener) {
    AtomicInteger begun = new AtomicInteger();
    Runnable next = () -> listener.next(begun.incrementAndGet(), tensors.size());
    writeShards(
        folder, config, tensors.stream().map(tensor -> tensor.told(next)).toList(), shardBytes);
  }

  private static void writeShards(
      Path folder, JsonNode config, List<NamedTensor> tensors, long shardBytes) {
    writeText(folder.resolve(ModelFolder.CONFIG), Json.canonical(config) + "\n");
    List<List<NamedTensor>> shards = shards(tensors, shardBytes);
    if (shards.size() == 1) {
      SafetensorsWriter.write(
          folder.resolve(ModelFolder.WEIGHTS), SafetensorsWriter.PYTORCH, tensors);
      return;
    }
    ObjectNode weightMap = Json.object();
    for (int i = 0; i < shards.size(); i++) {
      String name = String.format("model-%05d-of-%05d.safetensors", i + 1, shards.size());
      SafetensorsWriter.write(folder.resolve(name), SafetensorsWriter.PYTORCH, shards.get(i));
      shards.get(i).forEach(tensor -> weightMap.put(tensor.name(), name));
    }
    writeIndex(folder, tensors, weightMap);
  }

  /** Copies tokenizer, generation and licence files from one model folder to another. */
  public static void copyCompanions(Path from, Path to) {
    try (Stream<Path> files = Files.list(from)) {
      List<Path> companions =
          files
              .filter(Files::isRegularFile)
              .filter(file -> COMPANIONS.matcher(file.getFileName().toString()).matches())
              .sorted()
              .toList();
      for (Path file : companions) {
        copy(file, to.resolve(file.getFileName().toString()));
      }
    } catch (IOException e) {
      throw BaseErrors.cannotRead(from, e);
    }
  }

  private static List<List<NamedTensor>> shards(List<NamedTensor> tensors, long shardBytes) {
    List<List<NamedTensor>> shards = new ArrayList<>(List.of(new ArrayList<>()));
    long filled = 0;
    for (NamedTensor tensor : tensors) {
      long bytes = tensor.entry().bytes();
      if (filled > 0 && filled + bytes > shardBytes) {
        shards.add(new ArrayList<>());
        filled = 0;
      }
      shards.get(shards.size() - 1).add(tensor);
      filled += bytes;
    }
    return shards;
  }

  private static void writeIndex(Path folder, List<NamedTensor> tensors, ObjectNode weightMap) {
    ObjectNode index = Json.object();
    index
        .putObject("metadata")
        .put("total_parameters", tensors.stream().mapToLong(t -> t.entry().elements()).sum())
        .put("total_size", tensors.stream().mapToLong(t -> t.entry().bytes()).sum());
    index.set("weight_map", weightMap);
    writeText(folder.resolve(ModelFolder.INDEX), Json.canonical(index) + "\n");
  }

  private static void copy(Path from, Path to) {
    try {
      Files.copy(from, to);
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(to, e);
    }
  }

  private static void writeText(Path file, String text) {
    try {
      Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(file, e);
    }
  }
}
