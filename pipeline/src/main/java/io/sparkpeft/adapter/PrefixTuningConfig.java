package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** PEFT's PrefixTuningConfig. */
public final class PrefixTuningConfig extends AdapterConfig {
  /** The only tensor in such an adapter's file. */
  static final String PROMPT = "prompt_embeddings";

  PrefixTuningConfig(ObjectNode keys) {
    super(keys);
  }

  /** With the base's layers and heads in place of nulls. */
  @Override
  public AdapterConfig resolvedFor(BaseModel base) {
    ObjectNode filled = Json.object();
    ofBase(base)
        .forEach((key, value) -> filled.put(key, key(key).isNull() ? value : key(key).intValue()));
    JsonNode hidden = key("encoder_hidden_size");
    filled.put(
        "encoder_hidden_size",
        hidden.isNull() ? filled.get("token_dim").intValue() : hidden.intValue());
    return withAll(filled);
  }

  private static Map<String, Integer> ofBase(BaseModel base) {
    return Map.of(
        "num_layers",
        base.layers(),
        "num_attention_heads",
        base.kvHeads(),
        "token_dim",
        base.kvHeads() * base.headDim(),
        "num_transformer_submodules",
        1);
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (78) if its layers, heads or widths are not those
   *     of the base
   */
  @Override
  public AdapterShape shape(BaseModel base) {
    return new AdapterShape(List.of(), trainedEntries(base), List.of(entry(base)));
  }

  /** The prompt, or its encoder's tensors. */
  List<TensorEntry> trainedEntries(BaseModel base) {
    TensorEntry prompt = entry(base);
    return hasProjection() ? encoder(base).entries() : List.of(prompt);
  }

  /** What the prompt is trained through, if it {@link #hasProjection}. */
  PrefixEncoder.Shape encoder(BaseModel base) {
    TensorEntry prompt = entry(base);
    long features = (long) base.kvHeads() * base.headDim();
    JsonNode hidden = key("encoder_hidden_size");
    return new PrefixEncoder.Shape(
        virtualTokens(),
        features,
        hidden.isNull() ? features : hidden.intValue(),
        prompt.shape()[1]);
  }

  /** The prompt [tokens, layers 2 kvHeads headDim]. */
  TensorEntry entry(BaseModel base) {
    ofBase(base)
        .forEach(
            (key, value) -> {
              if (!key(key).isNull() && key(key).intValue() != value) {
                throw AdapterErrors.otherBase(key, key(key).intValue(), value);
              }
            });
    long width = 2L * base.layers() * base.kvHeads() * base.headDim();
    return new TensorEntry(PROMPT, Dtype.FLOAT32, new long[] {virtualTokens(), width});
  }

  @Override
  public double dropout() {
    return 0;
  }

  @Override
  public Optional<String> whyNotTrained() {
    return hasProjection()
        ? Optional.of(
            "It was trained with prefix_projection: its file holds the prompt that the projection"
                + " made, as PEFT has it, and not the projection, which nothing leads back to.")
        : Optional.empty();
  }

  @Override
  public Optional<String> whyNotMerged() {
    return Optional.of("Its keys and values stand beside those of a text; no weight makes them.");
  }

  @Override
  public int virtualTokens() {
    return key("num_virtual_tokens").intValue();
  }

  /** Whether the prompt is trained through a network, which no file holds. */
  boolean hasProjection() {
    return key("prefix_projection").booleanValue();
  }

  /** Whether the prompt begins with zeros rather than normal values. */
  boolean beginsWithZeros() {
    return !key("init_weights").isNull();
  }
}
