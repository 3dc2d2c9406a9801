package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What PEFT wrote (src/test/reference/peft_adapter.py), and the modules of the models it used. */
final class Goldens {
  private Goldens() {}

  static Path path(String name) {
    try {
      return Path.of(Goldens.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static List<JsonNode> cases(String name) {
    List<JsonNode> cases = new ArrayList<>();
    Json.read(path(name)).forEach(cases::add);
    return cases;
  }

  /** A LLaMA of those modules, as adapters of linear layers see it. */
  static BaseModel base(List<LinearModule> modules) {
    return base("llama", modules);
  }

  static BaseModel base(String modelType, List<LinearModule> modules) {
    LinearModule head = modules.get(modules.size() - 1);
    BaseModel.EmbeddingModule embedding =
        new BaseModel.EmbeddingModule("model.embed_tokens", head.out(), head.in());
    int layers = (modules.size() - 1) / 7;
    return new BaseModel(
        modelType, modules, embedding, layers, 1, 8, false, Map.of(), Optional.empty());
  }

  /** The tiny model: vocabulary 40, width 16, keys and values 8 wide, feed-forward 24. */
  static List<LinearModule> tiny(int layers) {
    return llama(40, 16, 8, 24, layers);
  }

  /** The modules of a LLaMA by its config.json. */
  static List<LinearModule> llama(JsonNode config) {
    long hidden = config.get("hidden_size").asLong();
    long headWidth =
        config.path("head_dim").asLong(hidden / config.get("num_attention_heads").asLong());
    return llama(
        config.get("vocab_size").asLong(),
        hidden,
        headWidth * config.get("num_key_value_heads").asLong(),
        config.get("intermediate_size").asLong(),
        config.get("num_hidden_layers").asInt());
  }

  private static List<LinearModule> llama(
      long vocabulary, long hidden, long keys, long inner, int layers) {
    List<LinearModule> modules = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      String path = "model.layers." + layer;
      modules.add(new LinearModule(path + ".self_attn.q_proj", hidden, hidden));
      modules.add(new LinearModule(path + ".self_attn.k_proj", hidden, keys));
      modules.add(new LinearModule(path + ".self_attn.v_proj", hidden, keys));
      modules.add(new LinearModule(path + ".self_attn.o_proj", hidden, hidden));
      modules.add(new LinearModule(path + ".mlp.gate_proj", hidden, inner));
      modules.add(new LinearModule(path + ".mlp.up_proj", hidden, inner));
      modules.add(new LinearModule(path + ".mlp.down_proj", inner, hidden));
    }
    modules.add(new LinearModule("lm_head", hidden, vocabulary));
    return modules;
  }
}
