package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rows of the embedding, or of the head, that are trained: PEFT's trainable_token_indices.
 *
 * @param module path of the embedding or of the head
 * @param tokens in the order of the rows
 * @param entry in adapter_model.safetensors
 */
record TrainedRows(String module, long[] tokens, TensorEntry entry) {
  private static final String KEY = "trainable_token_indices";

  /**
   * Those that a configuration asks for: a list of tokens means the embedding, a map names modules.
   * With a tied head they hold for the head too, unless it has others of its own.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if a name means no embedding, a token is not
   *     in the vocabulary or named twice
   */
  static List<TrainedRows> of(LoraConfig config, BaseModel base) {
    Map<String, long[]> byModule = new LinkedHashMap<>();
    JsonNode indices = config.key(KEY);
    if (indices.isArray() && !indices.isEmpty()) {
      byModule.put(base.embedding().name(), tokens(indices, base));
    } else if (indices.isObject()) {
      indices
          .properties()
          .forEach(
              given -> byModule.put(module(given.getKey(), base), tokens(given.getValue(), base)));
    }
    if (isSharedWithHead(byModule, base)) {
      byModule.remove(BaseWeights.HEAD);
    } else if (base.tiedHead() && config.ensureWeightTying() && byModule.size() > 1) {
      throw AdapterErrors.contradiction(KEY, "ensure_weight_tying needs the same tokens for both.");
    }
    List<TrainedRows> rows = new ArrayList<>();
    byModule.forEach((module, tokens) -> rows.add(of(module, tokens, base)));
    return rows;
  }

  /** Whether the head's weight is the embedding's in these rows too. */
  private static boolean isSharedWithHead(Map<String, long[]> byModule, BaseModel base) {
    long[] own = byModule.get(base.embedding().name());
    long[] heads = byModule.getOrDefault(BaseWeights.HEAD, own);
    return base.tiedHead() && own != null && Arrays.equals(own, heads);
  }

  private static TrainedRows of(String module, long[] tokens, BaseModel base) {
    String key = LoraTarget.PREFIX + module + ".token_adapter.trainable_tokens_delta";
    long[] shape = {tokens.length, base.embedding().width()};
    return new TrainedRows(module, tokens, new TensorEntry(key, Dtype.FLOAT32, shape));
  }

  private static String module(String name, BaseModel base) {
    return List.of(base.embedding().name(), BaseWeights.HEAD).stream()
        .filter(path -> path.endsWith(name))
        .findFirst()
        .orElseThrow(
            () ->
                AdapterErrors.contradiction(
                    KEY,
                    name
                        + " is neither the embedding "
                        + base.embedding().name()
                        + " nor lm_head."));
  }

  private static long[] tokens(JsonNode indices, BaseModel base) {
    long[] tokens = indices.valueStream().mapToLong(JsonNode::longValue).toArray();
    for (long token : tokens) {
      if (token < 0 || token >= base.embedding().vocabulary()) {
        throw AdapterErrors.contradiction(
            KEY,
            "Token "
                + token
                + " is not in the vocabulary of "
                + base.embedding().vocabulary()
                + ".");
      }
    }
    if (Arrays.stream(tokens).distinct().count() < tokens.length) {
      throw AdapterErrors.contradiction(KEY, "A token is named twice.");
    }
    return tokens;
  }
}
