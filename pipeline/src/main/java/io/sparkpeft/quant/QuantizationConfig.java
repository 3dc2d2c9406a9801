package io.sparkpeft.quant;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.tensor.Dtype;
import java.util.List;
import java.util.Optional;

/**
 * The {@code quantization_config} of a config.json. NF4 and FP4 are written as transformers'
 * BitsAndBytesConfig; INT4, which transformers does not know, under a method's name of our own, so
 * that transformers refuses it.
 */
public final class QuantizationConfig {
  /** Its key in config.json. */
  public static final String KEY = "quantization_config";

  /** The method of checkpoints in {@link QuantType#INT4}. */
  static final String OWN_METHOD = "spark_peft";

  private static final String METHOD = "quant_method";
  private static final String BITSANDBYTES = "bitsandbytes";
  private static final String BLOCK_SIZE = "bnb_4bit_blocksize";
  private static final String NESTED = "bnb_4bit_use_double_quant";
  private static final String TYPE = "bnb_4bit_quant_type";
  private static final String SKIPPED = "llm_int8_skip_modules";
  private static final String OWN_TYPE = "quant_type";
  private static final String OWN_BLOCK_SIZE = "blocksize";
  private static final String OWN_NESTED = "double_quant";
  private static final double LLM_INT8_THRESHOLD = 6.0;

  private QuantizationConfig() {}

  /**
   * How a model's weights are quantised, as far as its config.json says: it names no block size
   * where that is bitsandbytes' own.
   *
   * @param config the whole config.json
   * @throws io.sparkpeft.base.SparkPeftException (78) if they are quantised by another method
   */
  public static Optional<Quantization> read(JsonNode config) {
    JsonNode settings = config.path(KEY);
    if (!settings.isObject()) {
      return Optional.empty();
    }
    String method = settings.path(METHOD).asText(BITSANDBYTES);
    return switch (method) {
      case BITSANDBYTES -> Optional.of(bitsAndBytes(settings));
      case OWN_METHOD ->
          Optional.of(
              new Quantization(
                  type(method, settings.path(OWN_TYPE).asText()),
                  settings.path(OWN_BLOCK_SIZE).asInt(Quantization.DEFAULT_BLOCK),
                  settings.path(OWN_NESTED).asBoolean()));
      default -> throw QuantErrors.unknownMethod(method);
    };
  }

  private static Quantization bitsAndBytes(JsonNode settings) {
    if (settings.path("load_in_8bit").asBoolean()) {
      throw QuantErrors.eightBit();
    }
    return new Quantization(
        type(BITSANDBYTES, settings.path(TYPE).asText(QuantType.FP4.text())),
        settings.path(BLOCK_SIZE).asInt(Quantization.DEFAULT_BLOCK),
        settings.path(NESTED).asBoolean());
  }

  private static QuantType type(String method, String text) {
    return QuantType.of(text)
        .orElseThrow(() -> QuantErrors.unknownMethod(method + " as '" + text + "'"));
  }

  /**
   * How a model's weights are to be kept in memory.
   *
   * @param config the whole config.json
   * @param wanted on load, if anything is
   * @throws io.sparkpeft.base.SparkPeftException (78) if they are quantised otherwise already
   */
  public static Optional<Quantization> onLoad(JsonNode config, Optional<Quantization> wanted) {
    Optional<Quantization> there = read(config);
    if (there.isPresent() && wanted.isPresent() && !there.equals(wanted)) {
      throw QuantErrors.quantizedAlready(there.get().text());
    }
    return there.or(() -> wanted);
  }

  /**
   * What a config.json says of weights that were quantised so.
   *
   * @param skipped modules that were left as they are
   * @param compute the type to compute in
   */
  public static ObjectNode of(Quantization settings, List<String> skipped, Dtype compute) {
    return settings.type().isBitsAndBytes()
        ? bitsAndBytes(settings, skipped, compute)
        : own(settings, skipped);
  }

  private static ObjectNode own(Quantization settings, List<String> skipped) {
    ObjectNode node =
        Json.object()
            .put(METHOD, OWN_METHOD)
            .put(OWN_TYPE, settings.type().text())
            .put(OWN_BLOCK_SIZE, settings.blockSize())
            .put(OWN_NESTED, settings.nested());
    node.set("skip_modules", Json.tree(skipped));
    return node;
  }

  private static ObjectNode bitsAndBytes(
      Quantization settings, List<String> skipped, Dtype compute) {
    ObjectNode node = Json.object().put(METHOD, BITSANDBYTES);
    node.put("load_in_4bit", true).put("load_in_8bit", false);
    node.put("bnb_4bit_compute_dtype", compute.torchName());
    node.put("bnb_4bit_quant_storage", Dtype.UINT8.torchName());
    node.put(TYPE, settings.type().text());
    node.put(NESTED, settings.nested());
    if (settings.blockSize() != Quantization.DEFAULT_BLOCK) {
      node.put(BLOCK_SIZE, settings.blockSize());
    }
    node.put("llm_int8_enable_fp32_cpu_offload", false);
    node.put("llm_int8_has_fp16_weight", false);
    node.put("llm_int8_threshold", LLM_INT8_THRESHOLD);
    node.set(SKIPPED, Json.tree(skipped));
    return node;
  }
}
