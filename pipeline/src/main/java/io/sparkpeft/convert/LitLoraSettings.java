package io.sparkpeft.convert;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.convert.Heads.Part;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * How LoRA weights were trained, by hyperparameters.yaml.
 *
 * @param rank of every part
 * @param parts of a fused layer that have LoRA weights: {@code lora_query}, {@code lora_key},
 *     {@code lora_value}
 * @param checkpoint of the base
 */
record LitLoraSettings(int rank, double alpha, double dropout, Set<Part> parts, String checkpoint) {

  /**
   * @param weights that the settings belong to
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such file, (65) if it is
   *     broken or lacks rank or alpha
   */
  static LitLoraSettings read(Path file, Path weights) {
    if (!Files.exists(file)) {
      throw ConvertErrors.noLoraSettings(file, weights);
    }
    JsonNode values = LitConfig.yaml(file);
    for (String needed : new String[] {"lora_r", "lora_alpha"}) {
      if (values.path(needed).asDouble() <= 0) {
        throw ConvertErrors.notSet(file, needed);
      }
    }
    Set<Part> parts = EnumSet.noneOf(Part.class);
    for (Part part : Part.values()) {
      if (values.path("lora_" + part.name().toLowerCase(Locale.ROOT)).asBoolean()) {
        parts.add(part);
      }
    }
    return new LitLoraSettings(
        values.get("lora_r").asInt(),
        values.get("lora_alpha").asDouble(),
        values.path("lora_dropout").asDouble(),
        parts,
        values.path("checkpoint_dir").asText());
  }
}
