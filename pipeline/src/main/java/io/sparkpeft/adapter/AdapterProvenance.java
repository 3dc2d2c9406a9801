package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Where an adapter comes from: spark_peft_provenance.json beside PEFT's files.
 *
 * @param baseSha256 {@link io.sparkpeft.weights.ModelFolder#sha256} of the base
 * @param baseQuantization how the base was quantised, if it was
 * @param table the token table it was trained on
 * @param tableVersion the table's version
 * @param templateSha256 the prompt template that generation must use too
 * @param codeVersion of spark-peft
 * @param metrics by name
 */
public record AdapterProvenance(
    String baseSha256,
    Optional<String> baseQuantization,
    Optional<String> table,
    OptionalLong tableVersion,
    Optional<String> templateSha256,
    Optional<String> tokenizerSha256,
    String codeVersion,
    long seed,
    Map<String, Double> metrics) {

  /** Writes the file into an adapter's folder. */
  public void write(Path folder) {
    AdapterWriter.writeText(
        folder.resolve(AdapterFiles.PROVENANCE), Json.canonical(toJson()) + "\n");
  }

  /** Reads the file from an adapter's folder; PEFT's own adapters have none. */
  public static Optional<AdapterProvenance> read(Path folder) {
    Path file = folder.resolve(AdapterFiles.PROVENANCE);
    return file.toFile().exists() ? Optional.of(of(Json.read(file))) : Optional.empty();
  }

  private ObjectNode toJson() {
    ObjectNode json =
        Json.object()
            .put("base_sha256", baseSha256)
            .put("code_version", codeVersion)
            .put("seed", seed);
    baseQuantization.ifPresent(value -> json.put("base_quantization", value));
    table.ifPresent(value -> json.put("table", value));
    tableVersion.ifPresent(value -> json.put("table_version", value));
    templateSha256.ifPresent(value -> json.put("template_sha256", value));
    tokenizerSha256.ifPresent(value -> json.put("tokenizer_sha256", value));
    json.set("metrics", Json.tree(metrics));
    return json;
  }

  private static AdapterProvenance of(JsonNode json) {
    Map<String, Double> metrics = new TreeMap<>();
    json.path("metrics")
        .properties()
        .forEach(e -> metrics.put(e.getKey(), e.getValue().asDouble()));
    JsonNode version = json.path("table_version");
    return new AdapterProvenance(
        json.path("base_sha256").asText(),
        text(json, "base_quantization"),
        text(json, "table"),
        version.isNumber() ? OptionalLong.of(version.longValue()) : OptionalLong.empty(),
        text(json, "template_sha256"),
        text(json, "tokenizer_sha256"),
        json.path("code_version").asText(),
        json.path("seed").asLong(),
        metrics);
  }

  private static Optional<String> text(JsonNode json, String key) {
    return Optional.ofNullable(json.path(key).textValue());
  }
}
