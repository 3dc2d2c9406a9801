package io.sparkpeft.convert;

import static io.sparkpeft.convert.Origin.whole;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.convert.Conversion.Wanted;
import io.sparkpeft.weights.NamedTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Meta's releases of LLaMA, and Mistral's in the same layout: {@code consolidated.NN.pth} beside
 * params.json. What transformers' convert_llama_weights_to_hf.py makes of them.
 */
final class MetaCheckpoint {
  private static final String EMBEDDING = "tok_embeddings.weight";
  private static final String HEAD = "output.weight";

  /** A buffer of the first releases that follows from params.json. */
  private static final String FREQUENCIES = "rope.freqs";

  private static final NameTable TABLE =
      new NameTable(
          Map.ofEntries(
              Map.entry("model.embed_tokens", whole("tok_embeddings")),
              Map.entry("model.norm", whole("norm")),
              Map.entry("lm_head", whole("output")),
              Map.entry("model.layers.N.input_layernorm", whole("layers.N.attention_norm")),
              Map.entry("model.layers.N.post_attention_layernorm", whole("layers.N.ffn_norm")),
              Map.entry(
                  "model.layers.N.self_attn.q_proj", new Origin.Turned("layers.N.attention.wq")),
              Map.entry(
                  "model.layers.N.self_attn.k_proj", new Origin.Turned("layers.N.attention.wk")),
              Map.entry("model.layers.N.self_attn.v_proj", whole("layers.N.attention.wv")),
              Map.entry("model.layers.N.self_attn.o_proj", whole("layers.N.attention.wo")),
              Map.entry("model.layers.N.mlp.gate_proj", whole("layers.N.feed_forward.w1")),
              Map.entry("model.layers.N.mlp.down_proj", whole("layers.N.feed_forward.w2")),
              Map.entry("model.layers.N.mlp.up_proj", whole("layers.N.feed_forward.w3"))));

  private final Path folder;
  private final MetaParams params;
  private final Wanted wanted;
  private final MetaShards tensors;
  private final boolean tied;
  private final MetaRelease release;

  private MetaCheckpoint(Path folder, Wanted wanted) {
    this.folder = folder;
    this.wanted = wanted;
    params = MetaParams.read(folder);
    tensors = MetaShards.open(folder, shards(folder), params.dim());
    tied = ModelPlan.isTied(tensors, HEAD, EMBEDDING);
    release = MetaRelease.of(params, vocabulary(), tied);
  }

  static Conversion conversion(Path folder, Wanted wanted) {
    return new MetaCheckpoint(folder, wanted).conversion();
  }

  /** One file of safetensors, or parts that are numbered from 0 without a gap. */
  private static List<String> shards(Path folder) {
    List<String> files = Format.META.weights(folder);
    for (int i = 0; i < files.size(); i++) {
      boolean inOrder = files.get(i).equals(String.format("consolidated.%02d.pth", i));
      if (!inOrder && !(files.size() == 1 && files.get(0).endsWith(".safetensors"))) {
        throw ConvertErrors.notTheShards(folder, files);
      }
    }
    return files;
  }

  private long vocabulary() {
    return tensors.entry(EMBEDDING).shape()[0];
  }

  private Conversion conversion() {
    ObjectNode config = config();
    Heads heads = new Heads(params.heads(), params.kvHeads(), params.headDim());
    Set<String> unused = new HashSet<>(Set.of(FREQUENCIES));
    if (tied) {
      unused.add(HEAD);
    }
    List<NamedTensor> planned =
        new ModelPlan(folder.toString(), tensors, TABLE, heads, QueryKeyValue.STACKED)
            .tensors(config, unused);
    return new ModelConversion(Format.META, folder, config, planned, conclusions());
  }

  private ObjectNode config() {
    boolean mistral = params.isMistral();
    ObjectNode config =
        Json.object()
            .put("model_type", mistral ? "mistral" : "llama")
            .put("hidden_size", params.dim())
            .put("intermediate_size", params.intermediateSize())
            .put("num_hidden_layers", params.layers())
            .put("num_attention_heads", params.heads())
            .put("num_key_value_heads", params.kvHeads())
            .put("head_dim", params.headDim())
            .put("vocab_size", vocabulary())
            .put("hidden_act", "silu")
            .put("rms_norm_eps", params.normEps())
            .put("rope_theta", params.ropeTheta())
            .put("max_position_embeddings", positions())
            .put("tie_word_embeddings", tied)
            .put("bos_token_id", release.bosId)
            .put("eos_token_id", release.eosId);
    config.putArray("architectures").add(mistral ? "MistralForCausalLM" : "LlamaForCausalLM");
    if (mistral) {
      config.set("sliding_window", params.values().get("sliding_window")); // null without one
    }
    if (params.scaledRope()) {
      config.set("rope_scaling", ropeScaling());
    }
    return config;
  }

  /** The constants of apply_scaling in Meta's model.py. */
  private ObjectNode ropeScaling() {
    double factor =
        params.values().path("rope_scaling_factor").asDouble(release.ropeFactor().orElseThrow());
    return Json.object()
        .put("rope_type", "llama3")
        .put("factor", factor)
        .put("low_freq_factor", 1.0)
        .put("high_freq_factor", 4.0)
        .put("original_max_position_embeddings", 8192);
  }

  private int positions() {
    return wanted
        .maxPositionEmbeddings()
        .orElseGet(() -> params.maxSeqLen().orElse(release.positions));
  }

  private List<String> conclusions() {
    List<String> lines = new ArrayList<>();
    if (wanted.maxPositionEmbeddings().isEmpty() && params.maxSeqLen().isEmpty()) {
      lines.add(
          "params.json does not say how long texts may be: by its other values this is "
              + release.title
              + ", so "
              + release.positions
              + " tokens. convert.max_position_embeddings says otherwise.");
    }
    if (params.scaledRope() && !params.values().has("rope_scaling_factor")) {
      lines.add(
          "params.json does not say how far use_scaled_rope stretches: as in "
              + release.title
              + ", by "
              + (int) release.ropeFactor().orElseThrow()
              + ". rope_scaling_factor in params.json says otherwise.");
    }
    return lines;
  }
}
