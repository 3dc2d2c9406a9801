package io.sparkpeft.convert;

import static io.sparkpeft.convert.Checkpoints.expected;
import static io.sparkpeft.convert.Checkpoints.largestDifference;
import static io.sparkpeft.convert.Checkpoints.logits;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.base.Json;
import io.sparkpeft.convert.Conversion.Wanted;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.TensorSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Converted models and adapters compute what the originals did, by litgpt and by Meta's model. */
class ConversionTest {
  private static final double TOLERANCE = 1e-4;

  @TempDir Path folder;

  static List<String> litModels() throws IOException {
    return Checkpoints.names("(lit|former)_.*(?<!\\.lora)");
  }

  static List<String> litLoras() throws IOException {
    return Checkpoints.names("(lit|former)_.*\\.lora");
  }

  static List<String> metaModels() throws IOException {
    return Checkpoints.names("meta_.*(?<!parts)");
  }

  @ParameterizedTest
  @MethodSource("litModels")
  void modelsOfLitgpt(String name) throws IOException {
    Path model = Checkpoints.converted(name, folder);
    assertThat(largestDifference(logitsOfLit(model, Optional.empty()), expectedOfLit(name)))
        .isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("litLoras")
  void loraWeightsOfLitgpt(String name) throws IOException {
    String base = name.replaceAll("(_all)?\\.lora", "");
    Path model = Checkpoints.converted(base, folder);
    Path adapter = Checkpoints.converted(name, folder);
    float[] adapted = logitsOfLit(model, Optional.of(adapter));
    assertThat(largestDifference(adapted, expectedOfLit(name))).isLessThan(TOLERANCE);
    assertThat(largestDifference(adapted, expectedOfLit(base))).isGreaterThan(0.1);
  }

  @ParameterizedTest
  @MethodSource("metaModels")
  void modelsOfMeta(String name) throws IOException {
    String own = name.replace("meta_", "");
    Path model = Checkpoints.converted(name, folder);
    float[] expected = expected("meta_expected.safetensors", own);
    float[] all = logits(model, Optional.empty(), Checkpoints.tokensOf(own));
    assertThat(largestDifference(Checkpoints.last(all, expected.length), expected))
        .isLessThan(TOLERANCE);
  }

  @Test
  void partsOfAModelMakeTheWhole() throws IOException {
    Path whole = Checkpoints.converted("meta_llama2", folder);
    Path parts = Checkpoints.converted("meta_llama2_parts", folder);
    for (String file : List.of("config.json", "model.safetensors")) {
      assertThat(parts.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  @ParameterizedTest
  @CsvSource({"meta_llama1, FLOAT16", "meta_llama31, BFLOAT16", "lit_condensed, BFLOAT16"})
  void valuesKeepTheirType(String name, Dtype dtype) throws IOException {
    ModelFolder model = ModelFolder.open(Checkpoints.converted(name, folder));
    TensorSource tensors = model.tensors();
    assertThat(tensors.names()).allMatch(tensor -> tensors.entry(tensor).dtype() == dtype);
    assertThat(model.config().get("torch_dtype").asText()).isEqualTo(dtype.torchName());
  }

  @ParameterizedTest
  @CsvSource({
    "meta_llama1, llama, 2048, 1, 2",
    "meta_llama2, llama, 4096, 1, 2",
    "meta_llama31, llama, 131072, 128000, 128001",
    "meta_llama32, llama, 131072, 128000, 128001",
    "meta_mistral, mistral, 32768, 1, 2",
  })
  void whatParamsLeaveOutIsTheReleases(
      String name, String modelType, int positions, int bos, int eos) throws IOException {
    JsonNode config = ModelFolder.openConfig(Checkpoints.converted(name, folder));
    assertThat(config.get("model_type").asText()).isEqualTo(modelType);
    assertThat(config.get("max_position_embeddings").asInt()).isEqualTo(positions);
    assertThat(config.get("bos_token_id").asInt()).isEqualTo(bos);
    assertThat(config.get("eos_token_id").asInt()).isEqualTo(eos);
  }

  @Test
  void whatWasConcludedIsSaid() {
    assertThat(remarks("meta_llama32", OptionalInt.empty()))
        .containsExactly(
            "params.json does not say how long texts may be: by its other values this is Llama 3.2,"
                + " so 131072 tokens. convert.max_position_embeddings says otherwise.",
            "params.json does not say how far use_scaled_rope stretches: as in Llama 3.2, by 32."
                + " rope_scaling_factor in params.json says otherwise.",
            "There is no tokenizer.json. The jobs need one: lay tokenizer.json and"
                + " tokenizer_config.json of the same model beside the weights, from its repository"
                + " in Hugging Face's layout or by"
                + " AutoTokenizer.from_pretrained(...).save_pretrained(...).");
    assertThat(remarks("meta_llama2", OptionalInt.of(512))).hasSize(1);
  }

  @Test
  void theContextThatIsWantedIsTaken() throws IOException {
    Path target = Files.createDirectory(folder.resolve("short"));
    Conversion.of(
            Checkpoints.path("meta_llama2"), new Wanted(Optional.empty(), OptionalInt.of(512)))
        .write(target, line -> {});
    assertThat(ModelFolder.openConfig(target).get("max_position_embeddings").asInt())
        .isEqualTo(512);
  }

  @ParameterizedTest
  @CsvSource({
    "meta_llama32, lm_head.weight, true",
    "lit_gemma, lm_head.weight, true",
    "lit_qwen3, lm_head.weight, true",
    "lit_gemma2, lm_head.weight, false",
    "lit_pythia, embed_out.weight, false",
  })
  void aHeadThatIsTheEmbeddingIsStoredOnce(String name, String head, boolean tied)
      throws IOException {
    ModelFolder model = ModelFolder.open(Checkpoints.converted(name, folder));
    assertThat(model.config().get("tie_word_embeddings").asBoolean()).isEqualTo(tied);
    assertThat(model.tensors().contains(head)).isNotEqualTo(tied);
  }

  @Test
  void partsOfAFusedLayerHaveTheirOwnAdapters() throws IOException {
    LoraConfig config = LoraConfig.read(Checkpoints.converted("lit_llama.lora", folder));
    assertThat(config.r()).isEqualTo(2);
    assertThat(config.loraAlpha()).isEqualTo(6);
    assertThat(config.loraDropout()).isEqualTo(0.05);
    assertThat(config.rankPattern()).isEmpty();
    assertThat(Json.compact(config.toJson().get("target_modules")))
        .isEqualTo("[\"q_proj\",\"v_proj\"]");
    assertThat(config.baseModelNameOrPath()).contains("tiny/llama");
  }

  /** A fused layer of Hugging Face's has one adapter, in which every part has its own columns. */
  @Test
  void aFusedLayerOfBothHasTheRanksTogether() throws IOException {
    LoraConfig all = LoraConfig.read(Checkpoints.converted("lit_pythia_all.lora", folder));
    assertThat(all.r()).isEqualTo(2);
    assertThat(all.rankPattern()).isEqualTo(Map.of("query_key_value", 6));
    assertThat(all.alphaPattern()).isEqualTo(Map.of("query_key_value", 18.0));
    LoraConfig two = LoraConfig.read(Checkpoints.converted("lit_pythia.lora", folder));
    assertThat(two.r()).isEqualTo(4);
    assertThat(two.loraAlpha()).isEqualTo(12);
    assertThat(two.baseModelNameOrPath()).contains("checkpoints/tiny/pythia");
  }

  @Test
  void specialTokensAndTokenizerComeFromTheFilesBeside() throws IOException {
    Path lit = Checkpoints.copy("lit_llama", folder);
    Files.writeString(lit.resolve("config.json"), "{\"bos_token_id\": 7, \"eos_token_id\": 8}");
    Files.writeString(lit.resolve("tokenizer.json"), "{}");
    Path target = Files.createDirectory(folder.resolve("target"));
    Conversion conversion = Conversion.of(lit, Wanted.NOTHING);
    conversion.write(target, line -> {});
    assertThat(conversion.remarks()).isEmpty();
    assertThat(target.resolve("tokenizer.json")).hasContent("{}");
    JsonNode config = ModelFolder.openConfig(target);
    assertThat(config.get("bos_token_id").asInt()).isEqualTo(7);
    assertThat(config.get("eos_token_id").asInt()).isEqualTo(8);
    assertThat(config.get("pad_token_id").isNull()).isTrue();
    assertThat(config.get("model_type").asText()).isEqualTo("llama");
  }

  @Test
  void aFirstVersionsConfigurationIsRead() throws IOException {
    Path lit = Checkpoints.copy("former_llama", folder);
    JsonNode yaml = LitConfig.yaml(lit.resolve("model_config.yaml"));
    Files.delete(lit.resolve("model_config.yaml"));
    String json =
        Json.canonical(yaml)
            .replace("\"mlp_class_name\"", "\"_mlp_class\"")
            .replace("\"norm_class_name\"", "\"_norm_class\"")
            .replace("\"rope_condense_ratio\"", "\"condense_ratio\"");
    Files.writeString(lit.resolve("lit_config.json"), json);
    Path target = Files.createDirectory(folder.resolve("target"));
    Conversion.of(lit, Wanted.NOTHING).write(target, line -> {});
    float[] logits = logitsOfLit(target, Optional.empty());
    assertThat(largestDifference(logits, expectedOfLit("former_llama"))).isLessThan(TOLERANCE);
  }

  @Test
  void tellsHowItGetsOn() throws IOException {
    List<String> lines = new ArrayList<>();
    Path target = Files.createDirectory(folder.resolve("target"));
    Conversion.of(Checkpoints.path("lit_llama"), Wanted.NOTHING).write(target, lines::add);
    assertThat(lines).hasSizeBetween(3, 10).allMatch(line -> line.matches("0\\.0 of 0\\.0 MB"));
  }

  private static List<String> remarks(String name, OptionalInt positions) {
    return Conversion.of(Checkpoints.path(name), new Wanted(Optional.empty(), positions)).remarks();
  }

  private static float[] logitsOfLit(Path model, Optional<Path> adapter) {
    return logits(model, adapter, Checkpoints.tokens());
  }

  private static float[] expectedOfLit(String name) {
    return expected(name.replaceAll("_.*", "") + "_expected.safetensors", name);
  }
}
