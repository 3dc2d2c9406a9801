package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files of an adapter's folder, under PEFT's names. */
public final class AdapterFiles {
  public static final String CONFIG = "adapter_config.json";
  public static final String WEIGHTS = "adapter_model.safetensors";
  public static final String MODEL_CARD = "README.md";

  /** Our own, which PEFT passes over. */
  public static final String PROVENANCE = "spark_peft_provenance.json";

  private AdapterFiles() {}

  /** The hash of adapter_model.safetensors: equal for equal adapters of one configuration. */
  public static String sha256(Path folder) {
    return Sha256.ofFile(weights(folder));
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

  static Path weights(Path folder) {
    Path file = folder.resolve(WEIGHTS);
    if (!Files.exists(file)) {
      throw AdapterErrors.noWeights(folder);
    }
    return file;
  }
}
