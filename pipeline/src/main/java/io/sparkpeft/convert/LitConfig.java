package io.sparkpeft.convert;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * What a Lit-GPT model is: model_config.yaml, or lit_config.json of its first versions. What is
 * left out has the default of litgpt's Config.
 */
record LitConfig(Path file, JsonNode values) {
  static final String FILE = "model_config.yaml";
  private static final String FORMER_FILE = "lit_config.json";
  private static final Map<String, String> FORMER_KEYS =
      Map.of(
          "_mlp_class", "mlp_class_name",
          "_norm_class", "norm_class_name",
          "condense_ratio", "rope_condense_ratio");

  /** All that litgpt 0.5.13 and before have had, but what asks for another model than is known. */
  private static final Set<String> KNOWN =
      Set.of(
          "name",
          "org",
          "hf_config",
          "block_size",
          "n_layer",
          "n_embd",
          "vocab_size",
          "padding_multiple",
          "padded_vocab_size",
          "norm_class_name",
          "norm_eps",
          "norm_qk",
          "norm_qk_type",
          "norm_1",
          "norm_2",
          "post_attention_norm",
          "post_mlp_norm",
          "parallel_residual",
          "shared_attention_norm",
          "n_head",
          "head_size",
          "n_query_groups",
          "attn_bias",
          "attention_scores_scalar",
          "sliding_window_size",
          "sliding_window_indices",
          "sliding_window_layer_placing",
          "sliding_window_layer_stride",
          "attention_logit_softcapping",
          "rope_base",
          "rotary_percentage",
          "rope_condense_ratio",
          "rope_adjustments",
          "rope_local_base_freq",
          "rope_indices",
          "intermediate_size",
          "bias",
          "mlp_class_name",
          "gelu_approximate",
          "routed_scaling_factor",
          "scale_embeddings",
          "lm_head_bias",
          "final_logit_softcapping");

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is none, (65) if it is broken, (78)
   *     for settings that are not known here
   */
  static LitConfig read(Path folder, String weights) {
    Path yaml = folder.resolve(FILE);
    Path json = folder.resolve(FORMER_FILE);
    if (Files.exists(yaml)) {
      return new LitConfig(yaml, yaml(yaml)).checked();
    }
    if (Files.exists(json)) {
      return new LitConfig(json, renamed(Json.read(json))).checked();
    }
    throw ConvertErrors.noConfiguration(folder, FILE + " or " + FORMER_FILE, weights);
  }

  /** A file of mappings, lists and scalars; a tag that would make an object is refused. */
  static JsonNode yaml(Path file) {
    try {
      Object read = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file));
      if (read instanceof Map<?, ?>) {
        return Json.tree(read);
      }
      throw ConvertErrors.brokenYaml(file, "It holds no mapping.");
    } catch (YAMLException e) {
      throw ConvertErrors.brokenYaml(file, e.getMessage().replaceAll("\\s+", " ") + ".");
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  private static JsonNode renamed(JsonNode values) {
    Map<String, JsonNode> renamed = new TreeMap<>();
    values
        .properties()
        .forEach(
            field ->
                renamed.put(
                    FORMER_KEYS.getOrDefault(field.getKey(), field.getKey()), field.getValue()));
    return Json.tree(renamed);
  }

  private LitConfig checked() {
    Settings.require(file, values, KNOWN, List.of("n_embd", "n_layer", "n_head"));
    return this;
  }

  // Single settings.

  boolean isSet(String key) {
    return values.hasNonNull(key);
  }

  boolean flag(String key, boolean byDefault) {
    return values.path(key).asBoolean(byDefault);
  }

  long whole(String key, long byDefault) {
    return values.path(key).asLong(byDefault);
  }

  double number(String key, double byDefault) {
    return values.path(key).asDouble(byDefault);
  }

  String text(String key, String byDefault) {
    return isSet(key) ? values.get(key).asText() : byDefault;
  }

  // What follows from several.

  String name() {
    return text("name", "");
  }

  /** The model that this one began as, as hubs name it. */
  Optional<String> hubName() {
    JsonNode hub = values.path("hf_config");
    String org = hub.path("org").asText(text("org", ""));
    String name = hub.path("name").asText(name());
    return org.isEmpty() || name.isEmpty() ? Optional.empty() : Optional.of(org + "/" + name);
  }

  long width() {
    return whole("n_embd", 0);
  }

  Heads heads() {
    long heads = whole("n_head", 0);
    return new Heads(heads, whole("n_query_groups", heads), whole("head_size", width() / heads));
  }

  long intermediateSize() {
    return whole("intermediate_size", 4 * width());
  }

  /** Rows of the embedding, those that only round their number up among them. */
  long vocabulary() {
    long multiple = whole("padding_multiple", 512);
    long words = whole("vocab_size", 50254);
    return whole("padded_vocab_size", (words + multiple - 1) / multiple * multiple);
  }

  /** Inputs of all linear layers of a block. */
  boolean bias() {
    return flag("bias", true);
  }

  double rotaryShare() {
    return number("rotary_percentage", 0.25);
  }

  boolean isGated() {
    return text("mlp_class_name", "GptNeoxMLP").equals("LLaMAMLP");
  }

  OptionalInt slidingWindow() {
    return isSet("sliding_window_size")
        ? OptionalInt.of((int) whole("sliding_window_size", 0))
        : OptionalInt.empty();
  }

  /** Which layers have the sliding window; none without one. */
  List<Boolean> windowedLayers() {
    if (slidingWindow().isEmpty()) {
      return layers(layer -> false);
    }
    if (isSet("sliding_window_indices")) {
      return layers(layer -> isMarked("sliding_window_indices", layer));
    }
    // Before there were indices: every layer, or every other one.
    boolean others = text("sliding_window_layer_placing", "all").equals("interleaved");
    long stride = whole("sliding_window_layer_stride", others ? 2 : 1);
    return layers(layer -> layer % stride == 0);
  }

  /** Which layers turn by {@code rope_local_base_freq}. */
  List<Boolean> layersOfLocalRope() {
    return layers(layer -> !isSet("rope_indices") || isMarked("rope_indices", layer));
  }

  private List<Boolean> layers(IntFunction<Boolean> kind) {
    return IntStream.range(0, (int) whole("n_layer", 0)).mapToObj(kind).toList();
  }

  private boolean isMarked(String key, int layer) {
    JsonNode mark = values.path(key).path(layer);
    return mark.asInt() != 0 || mark.asBoolean();
  }
}
