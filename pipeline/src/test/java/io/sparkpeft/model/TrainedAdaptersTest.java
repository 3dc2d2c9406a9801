package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.Derivation;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.optim.Optimizer;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import io.sparkpeft.optim.ParameterGroup;
import io.sparkpeft.optim.StateMemory;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Trains every variant of LoRA for a few steps and saves it. What it leaves in {@code
 * target/interop} is for PEFT to judge: {@code .ci/adapters.py} loads each adapter and compares its
 * logits with ours.
 */
class TrainedAdaptersTest {
  private static final int STEPS = 6;
  private static final double RATE = 0.02;
  private static final Path LEFT = Path.of("target", "interop");

  static List<String> variants() throws Exception {
    return LoraVariantsReferenceTest.variants();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void asSavedItComputesWhatItWasTrainedTo(String variant) throws IOException {
    try (ReferenceModel model = ReferenceModel.variantOfLora(variant, "adapter", plain())) {
      trainAndSave(variant, model, model.facts.get("base").asText(), model.adapter.config());
    }
  }

  /** What PEFT begins by chance, and what it does not put together. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "orthogonal | {\"init_lora_weights\": \"orthogonal\", \"r\": 4}",
        "pissa_niter | {\"init_lora_weights\": \"pissa_niter_4\", \"rank_pattern\": {\"v_proj\": 3}}",
        "pissa_dora | {\"init_lora_weights\": \"pissa\", \"use_dora\": true}",
        "pissa_patterns | {\"init_lora_weights\": \"pissa\", \"use_rslora\": true,"
            + " \"rank_pattern\": {\"v_proj\": 3}, \"alpha_pattern\": {\"q_proj\": 5}}",
      })
  void asSavedItComputesWhatItWasTrainedToFromOtherBeginnings(String variant, String settings)
      throws IOException {
    try (ReferenceModel model = ReferenceModel.open("families/mistral")) {
      JsonNode given = Json.parse(settings);
      AdapterConfig config =
          LoraConfig.of(Json.parse("{\"target_modules\": [\"q_proj\", \"v_proj\", \"down_proj\"]}"))
              .withAll(given);
      trainAndSave(variant, model, "mistral", config);
    }
  }

  /** Of every other method of PEFT's: what it writes, and what it reads by other means. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "vblora | llama_biased | {\"peft_type\": \"VBLORA\", \"vector_length\": 12,"
            + " \"num_vectors\": 30, \"target_modules\": \"all-linear\","
            + " \"init_vector_bank_bound\": 0.2}",
        "vblora_topk | llama_biased | {\"peft_type\": \"VBLORA\", \"vector_length\": 6,"
            + " \"num_vectors\": 300, \"topk\": 3, \"save_only_topk_weights\": true,"
            + " \"init_vector_bank_bound\": 0.2}",
        "vblora_transposed | gpt2 | {\"peft_type\": \"VBLORA\", \"vector_length\": 8,"
            + " \"num_vectors\": 30, \"init_vector_bank_bound\": 0.2}",
        "ia3 | llama_biased | {\"peft_type\": \"IA3\"}",
        "ia3_transposed | gpt2 | {\"peft_type\": \"IA3\"}",
        "prefix | llama_biased | {\"peft_type\": \"PREFIX_TUNING\", \"num_virtual_tokens\": 4}",
        "prefix_projected | gpt2 | {\"peft_type\": \"PREFIX_TUNING\", \"num_virtual_tokens\": 4,"
            + " \"prefix_projection\": true, \"encoder_hidden_size\": 9}",
        "prefix_projected_zero | mistral | {\"peft_type\": \"PREFIX_TUNING\","
            + " \"num_virtual_tokens\": 4, \"prefix_projection\": true, \"init_weights\": \"zero\"}",
        "prefix_window | gemma3 | {\"peft_type\": \"PREFIX_TUNING\", \"num_virtual_tokens\": 4,"
            + " \"init_weights\": \"zero\"}",
      })
  void asSavedItComputesWhatItWasTrainedToByOtherMethods(
      String variant, String family, String settings) throws IOException {
    try (ReferenceModel model = ReferenceModel.open("families/" + family)) {
      BaseModel base = model.decoder.config().baseModel();
      trainAndSave(
          variant, model, family, AdapterConfig.of(Json.parse(settings)).resolvedFor(base));
    }
  }

  private static void trainAndSave(
      String variant, ReferenceModel model, String family, AdapterConfig config)
      throws IOException {
    BaseModel base = model.decoder.config().baseModel();
    int[] tokens = model.tokens("long");
    Path folder = LEFT.resolve(variant);
    NewFolder.deleteTree(folder);
    Files.createDirectories(folder);
    try (Adapter adapter =
        Adapters.create(model.manager, config, base, model.decoder.frozenTensors(), 5)) {
      train(model, adapter);
      float[] trained = model.decoder.logits(Optional.of(adapter), tokens);
      float[] before = model.decoder.logits(Optional.empty(), tokens);
      assertThat(largestDifference(trained, before)).isGreaterThan(1e-3);
      adapter.save(folder.resolve("adapter"), "base");
      leave(folder, family, tokens, trained);
      try (Adapter again =
          Adapters.load(
              model.manager, folder.resolve("adapter"), base, model.decoder.frozenTensors())) {
        assertThat(largestDifference(model.decoder.logits(Optional.of(again), tokens), trained))
            .isLessThan(1e-4);
      }
    }
  }

  private static void train(ReferenceModel model, Adapter adapter) {
    AdapterTraining training = new AdapterTraining(model.decoder, adapter, Checkpointing.KEEP_ALL);
    float[] gradient = new float[adapter.parameterCount()];
    double share = 1.0 / model.batch().targetCount();
    List<Double> losses = new ArrayList<>();
    try (Optimizer optimizer =
        Optimizer.create(
            AdamWSettings.defaults(),
            ParameterGroup.single(adapter.parameters(), 0),
            new StateMemory.Resident())) {
      for (int step = 0; step < STEPS; step++) {
        losses.add(training.lossAndGradient(model.batch(), share, 0, gradient));
        optimizer.step(gradient, RATE);
        adapter.derivation().ifPresent(Derivation::refresh);
      }
    }
    assertThat(losses.get(STEPS - 1)).isLessThan(losses.get(0));
  }

  private static void leave(Path folder, String family, int[] tokens, float[] logits)
      throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(logits.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(logits);
    long[] shape = {tokens.length, logits.length / tokens.length};
    SafetensorsWriter.write(
        folder.resolve("expected.safetensors"),
        SafetensorsWriter.PYTORCH,
        List.of(new NamedTensor("logits", Dtype.FLOAT32, shape, bytes::duplicate)));
    Files.write(
        folder.resolve("expected.json"),
        Json.canonicalBytes(Json.object().put("base", family).set("tokens", Json.tree(tokens))));
  }

  private static Arithmetic plain() {
    return new Arithmetic(Dtype.FLOAT32, Product.PLAIN, "");
  }

  private static double largestDifference(float[] actual, float[] expected) {
    double largest = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
    }
    return largest;
  }
}
