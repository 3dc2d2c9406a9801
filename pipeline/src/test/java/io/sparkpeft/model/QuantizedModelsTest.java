package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.quant.DequantizedTensors;
import io.sparkpeft.quant.QuantType;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.SafetensorsWriter;
import io.sparkpeft.weights.TensorSource;
import io.sparkpeft.weights.WriteListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Models in four bits, against bitsandbytes: see reference/bitsandbytes_4bit.py and
 * bitsandbytes_experts.py.
 */
class QuantizedModelsTest {
  private static final Path LEFT = Path.of("target", "interop-quantized");
  private static final double TOLERANCE = 1e-4;
  private static final Arithmetic FP32 = new Arithmetic(Dtype.FLOAT32, Product.PLAIN, "");

  @ParameterizedTest
  @ValueSource(strings = {"llama_nf4", "llama_fp4", "gpt2_nf4", "mixtral_nf4"})
  void logitsOfTransformersCheckpoints(String name) {
    try (ReferenceModel model = ReferenceModel.open("quantized/" + name)) {
      int[] tokens = model.tokens("long");
      assertEveryEighth(
          model.decoder.logits(Optional.empty(), tokens), model.floats("base_logits"), tokens);
      assertEveryEighth(
          model.decoder.logits(Optional.of(model.adapter), tokens),
          model.floats("adapted_logits"),
          tokens);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "llama_nf4, KEEP_ALL",
    "llama_nf4, RECOMPUTE",
    "llama_fp4, RECOMPUTE",
    "gpt2_nf4, RECOMPUTE",
    "mixtral_nf4, KEEP_ALL",
    "mixtral_nf4, RECOMPUTE",
  })
  void lossAndGradients(String name, Checkpointing checkpointing) {
    try (ReferenceModel model = ReferenceModel.open("quantized/" + name)) {
      AdapterTraining training = new AdapterTraining(model.decoder, model.adapter, checkpointing);
      float[] gradient = new float[model.adapter.parameterCount()];
      double loss = training.lossAndGradient(model.batch(), 1, 0, gradient);
      assertThat(loss).isCloseTo(model.facts.get("loss").asDouble(), within(1e-3));
      float[] expected = model.expectedGradient("gradient.");
      for (int i = 0; i < gradient.length; i++) {
        assertThat(gradient[i])
            .isCloseTo(expected[i], within((float) (1e-3 * (1 + Math.abs(expected[i])))));
      }
    }
  }

  /**
   * What was quantised on load computes what the same, quantised by bitsandbytes, does; its CPU
   * kernel does not always take the nearest of the 256 values that scales have.
   */
  @ParameterizedTest
  @CsvSource({
    "llama, llama_nf4, NF4, true",
    "llama, llama_fp4, FP4, false",
    "gpt2, gpt2_nf4, NF4, true",
  })
  void quantisingOnLoad(String plain, String quantized, QuantType type, boolean nested) {
    try (ReferenceModel stored = ReferenceModel.open("quantized/" + quantized)) {
      Quantization settings = new Quantization(type, 64, nested);
      int[] tokens = stored.tokens("long");
      float[] now = load(stored, "quantized/" + plain, settings).logits(Optional.empty(), tokens);
      float[] then = stored.decoder.logits(Optional.empty(), tokens);
      for (int i = 0; i < now.length; i++) {
        assertThat(now[i]).isCloseTo(then[i], within(nested ? 5e-3f : (float) TOLERANCE));
      }
    }
  }

  /**
   * Writes a model and reads it again. What it leaves in {@code target/interop-quantized} is for
   * transformers to judge: {@code .ci/quantized.py} loads it and compares its logits with ours.
   */
  @ParameterizedTest
  @CsvSource({
    "llama, NF4, 64, true",
    "llama, NF4, 32, false",
    "llama, FP4, 64, false",
    "llama, INT4, 64, true",
    "gpt2, NF4, 64, true",
  })
  void whatIsWrittenComputesWhatIsQuantisedOnLoad(
      String name, QuantType type, int blockSize, boolean nested) throws IOException {
    Quantization settings = new Quantization(type, blockSize, nested);
    Path left = LEFT.resolve(name + "-" + settings.text().replace('/', '-'));
    NewFolder.deleteTree(left);
    Files.createDirectories(left.resolve("model"));
    try (ReferenceModel near = ReferenceModel.open("quantized/llama_nf4")) {
      ModelFolder plain = ModelFolder.open(ReferenceModel.path("quantized/" + name));
      QuantizedModel.write(plain, settings, left.resolve("model"), WriteListener.NONE);
      ModelFolder written = ModelFolder.open(left.resolve("model"));
      Decoder stored = Decoder.load(near.manager, written, FP32);
      int[] tokens = near.tokens("long");
      float[] logits = stored.logits(Optional.empty(), tokens);
      assertThat(load(near, "quantized/" + name, settings).logits(Optional.empty(), tokens))
          .isEqualTo(logits);
      assertThat(stored.quantizedWeights().orElseThrow().settings()).isEqualTo(settings);
      leave(left, name, near.facts.get("long"), logits, tokens.length);
    }
  }

  private static void leave(Path folder, String base, JsonNode tokens, float[] logits, long rows)
      throws IOException {
    ObjectNode facts = Json.object().put("base", base);
    facts.set("tokens", tokens);
    Files.writeString(folder.resolve("expected.json"), Json.canonical(facts));
    ByteBuffer bytes =
        ByteBuffer.allocate(logits.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(logits);
    SafetensorsWriter.write(
        folder.resolve("expected.safetensors"),
        Map.of(),
        List.of(
            new NamedTensor(
                "logits", Dtype.FLOAT32, new long[] {rows, logits.length / rows}, () -> bytes)));
  }

  @ParameterizedTest
  @EnumSource(QuantType.class)
  void everyTypeStaysNearTheModel(QuantType type) {
    try (ReferenceModel model = ReferenceModel.open("untied")) {
      int[] tokens = model.tokens("long");
      float[] exact = model.decoder.logits(Optional.empty(), tokens);
      float[] fine =
          load(model, "untied", new Quantization(type, 32, false)).logits(Optional.empty(), tokens);
      assertThat(ReferenceModel.cosine(exact, fine)).isBetween(0.95, 1 - 1e-9);
    }
  }

  /** Each method trains over four bits as over the floats that they stand for. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"peft_type\": \"VBLORA\", \"vector_length\": 16, \"target_modules\": \"all-linear\"}",
        "{\"peft_type\": \"IA3\", \"init_ia3_weights\": false}",
        "{\"peft_type\": \"PREFIX_TUNING\", \"num_virtual_tokens\": 3}",
        "{\"peft_type\": \"BOTTLENECK\", \"bottleneck_size\": 4}",
      })
  void otherMethodsOverFourBits(String settings) throws JsonProcessingException {
    try (ReferenceModel model = ReferenceModel.open("quantized/llama_nf4")) {
      BaseModel base = model.decoder.config().baseModel();
      AdapterConfig config = AdapterConfig.of(Json.parse(settings)).resolvedFor(base);
      TensorSource stored = ModelFolder.open(ReferenceModel.path("quantized/llama_nf4")).tensors();
      Decoder floats =
          Decoder.load(
              model.manager,
              DecoderConfig.read(ModelFolder.openConfig(ReferenceModel.path("quantized/llama"))),
              new DequantizedTensors(stored, List.of()),
              FP32);
      try (Adapter adapter = Adapters.create(model.manager, config, base, 1)) {
        float[] expected = gradient(floats, adapter, model);
        assertThat(gradient(model.decoder, adapter, model))
            .containsExactly(expected, Offset.offset(1e-4f));
        assertThat(expected).isNotEqualTo(new float[expected.length]);
      }
    }
  }

  private static float[] gradient(Decoder decoder, Adapter adapter, ReferenceModel model) {
    float[] gradient = new float[adapter.parameterCount()];
    new AdapterTraining(decoder, adapter, Checkpointing.RECOMPUTE)
        .lossAndGradient(model.batch(), 1, 0, gradient);
    return gradient;
  }

  /** Expansions are shared and overwritten, yet no thread sees another's. */
  @Test
  void threadsDoNotDisturbEachOther() throws Exception {
    try (ReferenceModel model = ReferenceModel.open("quantized/llama_nf4")) {
      AdapterTraining training =
          new AdapterTraining(model.decoder, model.adapter, Checkpointing.RECOMPUTE);
      float[] alone = gradient(training, model);
      ExecutorService threads = Executors.newFixedThreadPool(3);
      List<Future<float[]>> results = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        Callable<float[]> work =
            () -> {
              Engine.prepareThread();
              return gradient(training, model);
            };
        results.add(threads.submit(work));
      }
      for (Future<float[]> result : results) {
        assertThat(result.get()).isEqualTo(alone);
      }
      threads.shutdown();
    }
  }

  @Test
  void whatIsQuantisedOtherwiseIsNotQuantisedAgain() {
    ObjectNode config = ModelFolder.openConfig(ReferenceModel.path("quantized/llama_nf4"));
    Quantization same = new Quantization(QuantType.NF4, 64, true);
    assertThat(DecoderConfig.read(config, Optional.of(same)).quantization()).contains(same);
    assertThatThrownBy(
            () ->
                DecoderConfig.read(config, Optional.of(new Quantization(QuantType.FP4, 64, true))))
        .hasMessage(
            "The model is quantised already: nf4/64/nested. Quantising it again would lose more"
                + " and save nothing. Leave model.quantization out, or start from the checkpoint"
                + " in 16 bits.");
  }

  private static float[] gradient(AdapterTraining training, ReferenceModel model) {
    float[] gradient = new float[model.adapter.parameterCount()];
    training.lossAndGradient(model.batch(), 1, 0, gradient);
    return gradient;
  }

  private static Decoder load(ReferenceModel near, String name, Quantization settings) {
    ModelFolder folder = ModelFolder.open(ReferenceModel.path(name));
    DecoderConfig config = DecoderConfig.read(folder.config(), Optional.of(settings));
    return Decoder.load(near.manager, config, folder.tensors(), FP32);
  }

  private static void assertEveryEighth(float[] logits, float[] expected, int[] tokens) {
    int vocabulary = logits.length / tokens.length;
    for (int i = 0; i < expected.length; i++) {
      int row = i / vocabulary * 8;
      assertThat(logits[row * vocabulary + i % vocabulary])
          .isCloseTo(expected[i], within((float) TOLERANCE));
    }
  }
}
