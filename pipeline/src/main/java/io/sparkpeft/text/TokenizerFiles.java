package io.sparkpeft.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.Sha256;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A Hugging Face tokenizer's files, as bytes that can travel to executors, and what they say about
 * the tokenizer. Reading them needs no native library.
 */
public final class TokenizerFiles implements Serializable {
  private static final String TOKENIZER = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String SPECIAL_TOKENS = "special_tokens_map.json";
  private static final String CHAT_TEMPLATE = "chat_template.jinja";
  private static final String MODEL_CONFIG = "config.json";

  private final String folder;
  private final SortedMap<String, byte[]> files;
  private final String sha256;
  private transient volatile Map<String, JsonNode> parsed;

  private TokenizerFiles(String folder, SortedMap<String, byte[]> files) {
    this.folder = folder;
    this.files = files;
    Sha256 hash = new Sha256();
    files.forEach((name, bytes) -> hash.add(name + "\u0000" + bytes.length + "\u0000").add(bytes));
    this.sha256 = hash.hex();
  }

  /**
   * Reads {@code tokenizer.json} and, where they exist, {@code tokenizer_config.json}, {@code
   * special_tokens_map.json} and {@code chat_template.jinja}. Where none of these names a BOS or
   * EOS token, the ids of {@code config.json} count.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no tokenizer.json, (65) if a file
   *     is not JSON
   */
  public static TokenizerFiles read(Path folder) {
    if (!Files.isRegularFile(folder.resolve(TOKENIZER))) {
      throw TextErrors.noTokenizer(folder);
    }
    SortedMap<String, byte[]> files = new TreeMap<>();
    for (String name : List.of(TOKENIZER, CONFIG, SPECIAL_TOKENS, CHAT_TEMPLATE)) {
      readInto(files, folder, name);
    }
    TokenizerFiles result = new TokenizerFiles(folder.toString(), files);
    if (result.bosText().isPresent() && result.eosText().isPresent()) {
      return result;
    }
    readInto(files, folder, MODEL_CONFIG);
    return new TokenizerFiles(folder.toString(), files);
  }

  private static void readInto(Map<String, byte[]> files, Path folder, String name) {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      return;
    }
    try {
      files.put(name, Files.readAllBytes(file));
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  /** Where the files were read. */
  public String folder() {
    return folder;
  }

  /** Hash over the files' names and bytes. */
  public String sha256() {
    return sha256;
  }

  /** The text of the token that begins a sequence. */
  public Optional<String> bosText() {
    return specialToken("bos_token");
  }

  /** The text of the token that ends a sequence. */
  public Optional<String> eosText() {
    return specialToken("eos_token");
  }

  /** The chat template of the tokenizer: its file, or the (default) one of its configuration. */
  public Optional<String> chatTemplate() {
    if (files.containsKey(CHAT_TEMPLATE)) {
      return Optional.of(new String(files.get(CHAT_TEMPLATE), StandardCharsets.UTF_8));
    }
    JsonNode value = json(CONFIG).path("chat_template");
    if (value.isTextual()) {
      return Optional.of(value.textValue());
    }
    for (JsonNode named : value) {
      if (named.path("name").asText().equals("default")) {
        return Optional.of(named.path("template").asText());
      }
    }
    return Optional.empty();
  }

  /** {@code model_max_length} in tokens, unless it is the huge number that stands for none. */
  public OptionalInt modelMaxLength() {
    JsonNode value = json(CONFIG).path("model_max_length");
    return value.canConvertToInt() && value.asInt() > 0
        ? OptionalInt.of(value.asInt())
        : OptionalInt.empty();
  }

  JsonNode tokenizer() {
    return json(TOKENIZER);
  }

  /** The text of a special token, given as text, as an object, or by its id. */
  private Optional<String> specialToken(String name) {
    for (String file : List.of(CONFIG, SPECIAL_TOKENS)) {
      JsonNode value = json(file).path(name);
      JsonNode text = value.isObject() ? value.path("content") : value;
      if (text.isTextual()) {
        return Optional.of(text.textValue());
      }
    }
    JsonNode id = json(MODEL_CONFIG).path(name + "_id");
    JsonNode first = id.isArray() ? id.path(0) : id;
    return first.isInt() ? textOf(first.intValue()) : Optional.empty();
  }

  private Optional<String> textOf(int id) {
    for (JsonNode added : tokenizer().path("added_tokens")) {
      if (added.path("id").asInt() == id) {
        return Optional.of(added.path("content").asText());
      }
    }
    return Optional.empty();
  }

  private JsonNode json(String name) {
    Map<String, JsonNode> known = parsed;
    if (known == null) {
      known = parseAll();
      parsed = known;
    }
    return known.getOrDefault(name, Json.object());
  }

  private Map<String, JsonNode> parseAll() {
    Map<String, JsonNode> result = new TreeMap<>();
    files.forEach(
        (name, bytes) -> {
          if (name.endsWith(".json")) {
            result.put(name, parse(name, new String(bytes, StandardCharsets.UTF_8)));
          }
        });
    return result;
  }

  private JsonNode parse(String name, String text) {
    try {
      return Json.parse(text);
    } catch (JsonProcessingException e) {
      throw TextErrors.brokenTokenizerFile(Path.of(folder, name), e);
    }
  }
}
