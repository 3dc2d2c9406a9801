package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.SafetensorsFile;
import io.sparkpeft.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes an adapter's folder. */
final class AdapterWriter {
  private AdapterWriter() {}

  static void write(Path folder, AdapterConfig config, List<NamedTensor> tensors) {
    tensors.forEach(AdapterWriter::requireFinite);
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(folder, e);
    }
    Path weights = folder.resolve(AdapterFiles.WEIGHTS);
    SafetensorsWriter.write(weights, SafetensorsWriter.PYTORCH, tensors);
    writeText(folder.resolve(AdapterFiles.CONFIG), config.fileText());
    writeText(folder.resolve(AdapterFiles.MODEL_CARD), ModelCard.of(config));
    requireSame(weights, tensors);
  }

  /** A trained tensor under its name. */
  static NamedTensor tensor(AdapterParameter parameter) {
    NDArray value = parameter.value();
    return new NamedTensor(
        parameter.name(),
        Tensors.dtype(value),
        value.getShape().getShape(),
        () -> Tensors.toBytes(value));
  }

  /** Adapters have been saved empty or broken elsewhere: nothing counts as saved unread. */
  private static void requireSame(Path weights, List<NamedTensor> tensors) {
    SafetensorsFile file = Safetensors.open(weights);
    for (NamedTensor tensor : tensors) {
      if (!file.bytes(tensor.name()).equals(tensor.bytes().get())) {
        throw AdapterErrors.writtenOtherwise(weights, tensor.name());
      }
    }
  }

  private static void requireFinite(NamedTensor tensor) {
    if (tensor.dtype() != Dtype.FLOAT32) {
      return; // indices
    }
    ByteBuffer bytes = tensor.bytes().get().order(ByteOrder.LITTLE_ENDIAN);
    FloatBuffer values = bytes.asFloatBuffer();
    while (values.hasRemaining()) {
      if (!Float.isFinite(values.get())) {
        throw AdapterErrors.notFinite(tensor.name());
      }
    }
  }

  static void writeText(Path file, String text) {
    try {
      Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(file, e);
    }
  }
}
