package io.sparkpeft.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.Sha256;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.optim.OptimizerState;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.train.Checkpoint.SavedTensor;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.SafetensorsFile;
import io.sparkpeft.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A checkpoint as files: the adapter under PEFT's name, the optimizer's state, and {@code
 * checkpoint.json}, which holds the rest and the SHA-256 of the other two and of itself.
 */
final class CheckpointFiles {
  private static final int FORMAT = 1;
  private static final String ADAPTER = "adapter_model.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";
  static final String DESCRIPTION = "checkpoint.json";
  private static final String OWN_HASH = "sha256";

  private CheckpointFiles() {}

  static void write(Path folder, Checkpoint checkpoint, CheckpointIdentity identity) {
    List<NamedTensor> adapter =
        checkpoint.adapter().entrySet().stream()
            .map(e -> named(e.getKey(), e.getValue().shape(), e.getValue().values()))
            .toList();
    SafetensorsWriter.write(folder.resolve(ADAPTER), SafetensorsWriter.PYTORCH, adapter);
    SafetensorsWriter.write(
        folder.resolve(OPTIMIZER), SafetensorsWriter.PYTORCH, checkpoint.optimizer().tensors());
    try {
      byte[] description = Json.canonicalBytes(describe(folder, checkpoint, identity));
      Files.write(folder.resolve(DESCRIPTION), description);
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(folder.resolve(DESCRIPTION), e);
    }
  }

  private static ObjectNode describe(
      Path folder, Checkpoint checkpoint, CheckpointIdentity identity) {
    ObjectNode node = Json.object().put("format", FORMAT);
    node.set("progress", Json.tree(checkpoint.progress()));
    node.put("optimizer_steps", checkpoint.optimizer().steps());
    node.set("identity", Json.tree(identity));
    ObjectNode files = node.putObject("files");
    for (String name : List.of(ADAPTER, OPTIMIZER)) {
      files.put(name, Sha256.ofFile(folder.resolve(name)));
    }
    return node.put(OWN_HASH, Sha256.of(Json.compact(node)));
  }

  /** What is wrong with a checkpoint's files; empty if they are what was written. */
  static Optional<String> damage(Path folder) {
    try {
      ObjectNode description = Json.read(folder.resolve(DESCRIPTION)).deepCopy();
      String written = description.path(OWN_HASH).asText();
      description.remove(OWN_HASH);
      if (!Sha256.of(Json.compact(description)).equals(written)) {
        return Optional.of(DESCRIPTION + " is not what was written");
      }
      for (String name : List.of(ADAPTER, OPTIMIZER)) {
        String hash = description.path("files").path(name).asText();
        if (!Sha256.ofFile(folder.resolve(name)).equals(hash)) {
          return Optional.of(name + " is not what was written");
        }
      }
      return Optional.empty();
    } catch (SparkPeftException | ClassCastException e) {
      return Optional.of(e.getMessage());
    }
  }

  static CheckpointIdentity readIdentity(Path folder) {
    JsonNode identity = Json.read(folder.resolve(DESCRIPTION)).path("identity");
    return new CheckpointIdentity(
        texts(identity.path("recipe")), texts(identity.path("arithmetic")));
  }

  static Checkpoint read(Path folder) {
    JsonNode description = Json.read(folder.resolve(DESCRIPTION));
    SortedMap<String, SavedTensor> adapter = tensors(folder.resolve(ADAPTER));
    SafetensorsFile optimizer = Safetensors.open(folder.resolve(OPTIMIZER));
    List<NamedTensor> state =
        optimizer.names().stream().map(name -> NamedTensor.of(optimizer, name)).toList();
    return new Checkpoint(
        progress(description.path("progress")),
        adapter,
        new OptimizerState(description.path("optimizer_steps").longValue(), state));
  }

  private static Progress progress(JsonNode node) {
    return new Progress(
        node.path("steps").longValue(),
        node.path("lossFirst").doubleValue(),
        node.path("lossLast").doubleValue(),
        node.path("tokens").longValue(),
        node.path("targetTokens").longValue());
  }

  private static NamedTensor named(String name, long[] shape, float[] values) {
    return new NamedTensor(name, Dtype.FLOAT32, shape, () -> littleEndian(values));
  }

  private static ByteBuffer littleEndian(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES));
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    return bytes;
  }

  private static SortedMap<String, SavedTensor> tensors(Path file) {
    SafetensorsFile stored = Safetensors.open(file);
    SortedMap<String, SavedTensor> tensors = new TreeMap<>();
    for (String name : stored.names()) {
      float[] values = new float[Math.toIntExact(stored.entry(name).elements())];
      stored.bytes(name).asFloatBuffer().get(values);
      tensors.put(name, new SavedTensor(stored.entry(name).shape(), values));
    }
    return tensors;
  }

  private static SortedMap<String, String> texts(JsonNode object) {
    SortedMap<String, String> texts = new TreeMap<>();
    object.fieldNames().forEachRemaining(name -> texts.put(name, object.get(name).asText()));
    return texts;
  }
}
