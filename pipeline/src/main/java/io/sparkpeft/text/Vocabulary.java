package io.sparkpeft.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** The tokens of a tokenizer.json and their ids. */
final class Vocabulary {
  private final Map<String, Integer> ids = new HashMap<>();
  private final OptionalInt unknownId;
  private final int size;

  private Vocabulary(JsonNode tokenizer) {
    JsonNode model = tokenizer.path("model");
    addModel(model.path("vocab"));
    for (JsonNode added : tokenizer.path("added_tokens")) {
      ids.put(added.path("content").asText(), added.path("id").asInt());
    }
    size = 1 + ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
    unknownId = unknown(model);
  }

  static Vocabulary of(JsonNode tokenizer) {
    return new Vocabulary(tokenizer);
  }

  OptionalInt id(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  OptionalInt unknownId() {
    return unknownId;
  }

  int size() {
    return size;
  }

  /** Unigram models list their pieces with scores, all others map them to ids. */
  private void addModel(JsonNode vocab) {
    if (vocab.isObject()) {
      vocab.properties().forEach(entry -> ids.put(entry.getKey(), entry.getValue().asInt()));
      return;
    }
    for (int id = 0; id < vocab.size(); id++) {
      ids.put(vocab.get(id).path(0).asText(), id);
    }
  }

  private OptionalInt unknown(JsonNode model) {
    if (model.path("unk_id").isInt()) {
      return OptionalInt.of(model.path("unk_id").intValue());
    }
    return model.path("unk_token").isTextual()
        ? id(model.path("unk_token").textValue())
        : OptionalInt.empty();
  }
}
