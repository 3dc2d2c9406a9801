package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.Sha256;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.TensorSource;
import io.sparkpeft.weights.torch.TorchFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The files of an adapter's folder, under PEFT's names. */
public final class AdapterFiles {
  public static final String CONFIG = "adapter_config.json";
  public static final String WEIGHTS = "adapter_model.safetensors";

  /** What PEFT wrote before safetensors; read, never written. */
  public static final String PICKLED_WEIGHTS = "adapter_model.bin";

  public static final String MODEL_CARD = "README.md";

  /** Our own, which PEFT passes over. */
  public static final String PROVENANCE = "spark_peft_provenance.json";

  private AdapterFiles() {}

  /** The hash of the weights' file: equal for equal adapters of one configuration. */
  public static String sha256(Path folder) {
    return Sha256.ofFile(weights(folder));
  }

  /**
   * Writes an adapter that was not trained here, and reads it back.
   *
   * @param tensors under PEFT's names
   * @throws io.sparkpeft.base.SparkPeftException (73) if a file cannot be written, (65) if a value
   *     is not finite
   */
  public static void write(Path folder, AdapterConfig config, List<NamedTensor> tensors) {
    AdapterWriter.write(folder, config, tensors);
  }

  static ObjectNode readConfig(Path folder) {
    Path file = folder.resolve(CONFIG);
    if (!Files.exists(file)) {
      throw AdapterErrors.noAdapter(folder);
    }
    if (!(Json.read(file) instanceof ObjectNode keys)) {
      throw AdapterErrors.configNotObject(file);
    }
    if (!keys.has("peft_type")) {
      throw AdapterErrors.noPeftType(file);
    }
    return keys;
  }

  /** adapter_model.safetensors, or adapter_model.bin where there is no other. */
  static Path weights(Path folder) {
    return Stream.of(WEIGHTS, PICKLED_WEIGHTS)
        .map(folder::resolve)
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(() -> AdapterErrors.noWeights(folder));
  }

  static TensorSource tensors(Path weights) {
    return weights.endsWith(PICKLED_WEIGHTS) ? TorchFile.open(weights) : Safetensors.open(weights);
  }
}
