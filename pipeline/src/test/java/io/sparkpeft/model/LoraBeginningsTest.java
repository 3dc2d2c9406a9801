package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.adapter.LowRankDelta;
import io.sparkpeft.base.Json;
import io.sparkpeft.quant.QuantType;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.weights.ModelFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What adapters are before their first step. */
class LoraBeginningsTest {
  @TempDir Path folder;
  private ReferenceModel model;

  @BeforeEach
  void open() {
    model = ReferenceModel.open("families/mistral");
  }

  @AfterEach
  void close() {
    model.close();
  }

  /** However it begins, an adapter changes nothing yet. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"target_modules\": \"all-linear\"}",
        "{\"target_modules\": \"all-linear\", \"use_dora\": true}",
        "{\"target_modules\": \"all-linear\", \"init_lora_weights\": \"orthogonal\"}",
        "{\"target_modules\": \"all-linear\", \"init_lora_weights\": \"pissa\"}",
        "{\"target_modules\": \"all-linear\", \"init_lora_weights\": \"pissa\", \"use_dora\": true}",
        "{\"target_modules\": \"all-linear\", \"init_lora_weights\": \"pissa_niter_2\"}",
        "{\"target_modules\": \"all-linear\", \"init_lora_weights\": \"olora\"}",
        "{\"target_modules\": [\"v_proj\"], \"modules_to_save\": [\"lm_head\", \"norm\"]}",
        "{\"target_modules\": [\"v_proj\"], \"trainable_token_indices\": [3, 9]}",
        "{\"target_modules\": [\"embed_tokens\", \"lm_head\"], \"use_dora\": true}",
        "{\"target_modules\": [\"v_proj\"], \"lora_bias\": true, \"bias\": \"all\"}",
      })
  void changesNothing(String settings) throws IOException {
    AdapterConfig config = LoraConfig.of(Json.parse(settings)).with("r", 4);
    int[] tokens = model.tokens("long");
    float[] before = model.decoder.logits(Optional.empty(), tokens);
    try (Adapter adapter = create(model.decoder, config)) {
      float[] after = model.decoder.logits(Optional.of(adapter), tokens);
      for (int i = 0; i < before.length; i++) {
        assertThat(after[i]).isCloseTo(before[i], within(1e-4f));
      }
    }
  }

  /** With A and B the quantised weight is nearer to what it was; with full rank it is that. */
  @ParameterizedTest
  @ValueSource(ints = {4, 16})
  void loftqMakesUpForQuantising(int r) {
    LoraConfig config = loftq().with("r", r).with("lora_alpha", 2 * r);
    Decoder quantized = quantized();
    LinearModule module = model.decoder.config().linearModules().get(1); // 16 by 24
    try (Adapter adapter = create(quantized, config);
        NDManager scope = model.manager.newSubManager()) {
      NDArray w = model.decoder.frozenTensors().weight(scope, module);
      NDArray q = quantized.frozenTensors().weight(scope, module);
      LowRankDelta delta = (LowRankDelta) adapter.linear(module.name()).orElseThrow();
      NDArray repaired = delta.merged(scope, q, false);
      double lost = w.sub(q).norm().getFloat();
      double left = w.sub(repaired).norm().getFloat();
      assertThat(lost).isGreaterThan(0.1);
      assertThat(left).isLessThan(r == 16 ? 1e-4 : 0.9 * lost);
      adapter.save(folder, "base");
      assertThat(LoraConfig.read(folder).toJson().get("init_lora_weights").asText())
          .isEqualTo("true");
    }
  }

  @Test
  void loftqNeedsAWeightThatWasQuantised() {
    assertThatThrownBy(() -> create(model.decoder, loftq()))
        .hasMessageContaining("Cannot begin model.layers.0.self_attn.q_proj with loftq.")
        .hasMessageContaining("Set model.quantization");
  }

  @Test
  void saysWhichRankIsTooLarge() {
    LoraConfig config = LoraConfig.defaults().with("target_modules", "all-linear");
    assertThatThrownBy(
            () -> create(model.decoder, config.with("init_lora_weights", "pissa").with("r", 25)))
        .hasMessageContaining(
            "Cannot begin model.layers.0.self_attn.q_proj with pissa at rank 25.");
    assertThatThrownBy(
            () ->
                create(model.decoder, config.with("init_lora_weights", "orthogonal").with("r", 3)))
        .hasMessageContaining("the rank must be even");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "modules_to_save | [\"head\"] | Cannot train lm_head whole and adapt it too.",
        "modules_to_save | [\"score\"] | modules_to_save names score, which the base does not have.",
        "trainable_token_indices | [80] | Token 80 is not in the vocabulary of 80.",
        "trainable_token_indices | [3, 3] | A token is named twice.",
        "trainable_token_indices | {\"q_proj\": [3]} | q_proj is neither the embedding",
        "trainable_token_indices | {\"lm_head\": [3]} | lm_head is trained by modules_to_save or"
            + " target_modules already.",
      })
  void refusesWhatDoesNotGoTogether(String key, String value, String message) throws IOException {
    LoraConfig config =
        LoraConfig.of(Json.parse("{\"target_modules\": [\"lm_head\", \"v_proj\"]}"))
            .withAll(Json.parse("{\"" + key + "\": " + value + "}"));
    assertThatThrownBy(() -> create(model.decoder, config)).hasMessageContaining(message);
  }

  /** As PEFT: what is saved whole is not adapted, a whole segment of its path deciding. */
  @Test
  void whatIsSavedWholeIsNotAdapted() throws IOException {
    LoraConfig config =
        LoraConfig.of(
            Json.parse("{\"target_modules\": \"all-linear\", \"modules_to_save\": [\"mlp\"]}"));
    try (Adapter adapter = create(model.decoder, config)) {
      assertThat(adapter.parameters())
          .extracting(parameter -> parameter.name().replaceFirst(".*layers\\.\\d\\.", ""))
          .contains("mlp.up_proj.weight", "self_attn.q_proj.lora_A.weight")
          .noneMatch(name -> name.contains("mlp") && name.contains("lora"));
    }
  }

  private static LoraConfig loftq() {
    return LoraConfig.defaults()
        .with("target_modules", "all-linear")
        .with("init_lora_weights", "loftq");
  }

  private Adapter create(Decoder decoder, AdapterConfig config) {
    BaseModel base = decoder.config().baseModel();
    return Adapters.create(model.manager, config, base, decoder.frozenTensors(), 1);
  }

  private Decoder quantized() {
    ModelFolder stored = ModelFolder.open(ReferenceModel.path("families/mistral"));
    Quantization nf4 = new Quantization(QuantType.NF4, 32, false);
    DecoderConfig config = DecoderConfig.read(stored.config(), Optional.of(nf4));
    Arithmetic plain = new Arithmetic(Dtype.FLOAT32, Product.PLAIN, "");
    return Decoder.load(model.manager, config, stored.tensors(), plain);
  }
}
