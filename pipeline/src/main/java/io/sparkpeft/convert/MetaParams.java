package io.sparkpeft.convert;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Meta's params.json; what it leaves out has the defaults of Meta's ModelArgs. */
record MetaParams(JsonNode values) {
  static final String FILE = "params.json";

  private static final Set<String> KNOWN =
      Set.of(
          "dim",
          "n_layers",
          "n_heads",
          "n_kv_heads",
          "vocab_size",
          "multiple_of",
          "ffn_dim_multiplier",
          "norm_eps",
          "rope_theta",
          "use_scaled_rope",
          "rope_scaling_factor",
          "max_batch_size",
          "max_seq_len",
          "model_parallel_size",
          "head_dim",
          "hidden_dim",
          "sliding_window");

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) if it is missing, (78) for keys that ask for
   *     what is not known here, (65) if it is broken
   */
  static MetaParams read(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      throw ConvertErrors.noConfiguration(folder, FILE, "consolidated.*");
    }
    JsonNode values = Json.read(file);
    MetaParams params = new MetaParams(values.has("model") ? values.get("model") : values);
    Settings.require(file, params.values, KNOWN, List.of("dim", "n_layers", "n_heads"));
    return params;
  }

  long dim() {
    return values.get("dim").asLong();
  }

  long layers() {
    return values.get("n_layers").asLong();
  }

  long heads() {
    return values.get("n_heads").asLong();
  }

  long kvHeads() {
    return values.hasNonNull("n_kv_heads") ? values.get("n_kv_heads").asLong() : heads();
  }

  long headDim() {
    return values.path("head_dim").asLong(dim() / heads());
  }

  double normEps() {
    return values.path("norm_eps").asDouble(1e-5);
  }

  double ropeTheta() {
    return values.path("rope_theta").asDouble(10000);
  }

  boolean scaledRope() {
    return values.path("use_scaled_rope").asBoolean();
  }

  /** Mistral's files name the inner width, Meta's never do. */
  boolean isMistral() {
    return values.has("hidden_dim");
  }

  OptionalInt maxSeqLen() {
    return values.hasNonNull("max_seq_len")
        ? OptionalInt.of(values.get("max_seq_len").asInt())
        : OptionalInt.empty();
  }

  /** Two thirds of four times the width, by the multiplier, rounded up. */
  long intermediateSize() {
    if (isMistral()) {
      return values.get("hidden_dim").asLong();
    }
    long plain = 8 * dim() / 3;
    long inner = (long) (values.path("ffn_dim_multiplier").asDouble(1) * plain);
    long multiple = values.path("multiple_of").asLong(256);
    return multiple * ((inner + multiple - 1) / multiple);
  }
}
