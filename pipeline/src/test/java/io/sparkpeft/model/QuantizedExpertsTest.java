package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.quant.DequantizedTensors;
import io.sparkpeft.quant.QuantType;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.quant.QuantizationReport;
import io.sparkpeft.quant.QuantizingTensors;
import io.sparkpeft.quant.WeightToQuantize;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.KernelObservation;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.TensorSource;
import io.sparkpeft.weights.WidenedTensors;
import io.sparkpeft.weights.WriteListener;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Mixtures of experts in four bits, against transformers: reference/bitsandbytes_experts.py. */
class QuantizedExpertsTest {
  private static final String PLAIN = "quantized/mixtral";
  private static final String STORED = "quantized/mixtral_nf4";
  private static final Quantization NF4 = new Quantization(QuantType.NF4, 64, true);
  private static final Arithmetic FP32 = new Arithmetic(Dtype.FLOAT32, Product.PLAIN, "");
  private static final String ROUTER = "model.layers.0.block_sparse_moe.gate";
  private static final String EXPERT = "model.layers.0.block_sparse_moe.experts.1.";

  /** The slow twin: all weights expanded before anything is computed. */
  @ParameterizedTest
  @EnumSource(Checkpointing.class)
  void trainsAsOverTheExpandedWeights(Checkpointing checkpointing) {
    try (ReferenceModel model = ReferenceModel.open(STORED)) {
      Decoder expanded = expanded(model, folder(STORED).tensors());
      float[] gradient = gradient(model.decoder, model, checkpointing);
      assertThat(gradient).isEqualTo(gradient(expanded, model, checkpointing));
      assertThat(gradient)
          .isNotEqualTo(gradient(load(model, Optional.empty()), model, checkpointing))
          .isNotEqualTo(new float[gradient.length]);
    }
  }

  @Test
  void trainsExpertsAsOverTheExpandedWeights() {
    try (ReferenceModel model = ReferenceModel.open(STORED)) {
      LoraConfig config =
          LoraConfig.defaults()
              .with("target_modules", "all-linear")
              .with("init_lora_weights", false);
      Decoder expanded = expanded(model, folder(STORED).tensors());
      try (Adapter adapter =
          Adapters.create(model.manager, config, model.decoder.config().baseModel(), 4)) {
        float[] gradient = gradient(model.decoder, model, adapter);
        assertThat(adapter.parameters())
            .extracting(p -> p.name())
            .anyMatch(n -> n.contains("experts"));
        assertThat(gradient)
            .isEqualTo(gradient(expanded, model, adapter))
            .isNotEqualTo(new float[gradient.length]);
      }
    }
  }

  private static float[] gradient(Decoder decoder, ReferenceModel model, Adapter adapter) {
    float[] gradient = new float[adapter.parameterCount()];
    new AdapterTraining(decoder, adapter, Checkpointing.RECOMPUTE)
        .lossAndGradient(model.batch(), 1, 0, gradient);
    return gradient;
  }

  @ParameterizedTest
  @CsvSource({"NF4, 64, true", "NF4, 32, false", "FP4, 64, true", "INT4, 128, false"})
  void whatIsWrittenComputesWhatIsQuantisedOnLoad(
      QuantType type, int blockSize, boolean nested, @TempDir Path folder) {
    Quantization settings = new Quantization(type, blockSize, nested);
    QuantizationReport report =
        QuantizedModel.write(folder(PLAIN), settings, folder, WriteListener.NONE);
    assertThat(report.errors().keySet())
        .containsExactly("k_proj", "o_proj", "q_proj", "v_proj", "w1", "w2", "w3");
    try (ReferenceModel near = ReferenceModel.open(STORED)) {
      Decoder written = Decoder.load(near.manager, ModelFolder.open(folder), FP32);
      Decoder onLoad = load(near, Optional.of(settings));
      int[] tokens = near.tokens("long");
      assertThat(written.logits(Optional.empty(), tokens))
          .isEqualTo(onLoad.logits(Optional.empty(), tokens));
      assertThat(written.quantizedWeights()).isEqualTo(onLoad.quantizedWeights());
    }
  }

  /** But for the router, which transformers puts into four bits too unless told not to. */
  @Test
  void whatIsWrittenIsWhatTransformersWrites(@TempDir Path folder) {
    QuantizedModel.write(folder(PLAIN), NF4, folder, WriteListener.NONE);
    TensorSource ours = ModelFolder.open(folder).tensors();
    TensorSource theirs = folder(STORED).tensors();
    Set<String> expected = new HashSet<>(theirs.names());
    expected.removeIf(name -> name.startsWith(ROUTER + ".weight."));
    assertThat(ours.names()).isEqualTo(expected);
    for (String part : List.of("w1", "w2", "w3")) {
      String weight = EXPERT + part + ".weight";
      assertThat(ours.entry(weight)).hasToString(theirs.entry(weight).toString());
      assertThat(ours.bytes(weight)).isEqualTo(theirs.bytes(weight));
    }
    assertThat(ModelFolder.open(folder).config().at("/quantization_config/llm_int8_skip_modules"))
        .hasToString("[\"lm_head\",\"" + ROUTER + "\"]");
  }

  /** As transformers 5 leaves them beside attention in four bits. */
  @Test
  void expertsInFloatsAreTakenAsTheyAre() {
    WeightToQuantize queries =
        new WeightToQuantize("model.layers.0.self_attn.q_proj.weight", false);
    TensorSource mixed =
        new QuantizingTensors(
            new WidenedTensors(folder(PLAIN).tensors()),
            List.of(queries),
            NF4,
            ByteBuffer::allocateDirect);
    try (ReferenceModel near = ReferenceModel.open(STORED)) {
      Decoder decoder = Decoder.load(near.manager, near.decoder.config(), mixed, FP32);
      int[] tokens = near.tokens("long");
      QuantizedWeights quantized = decoder.quantizedWeights().orElseThrow();
      assertThat(quantized.weights()).isEqualTo(64 * 64);
      DecoderMemory memory =
          new DecoderMemory(decoder.config(), Dtype.FLOAT32, 0).ofCheckpoint(mixed.names());
      assertThat(memory.quantizedBytes()).isEqualTo(quantized.bytes());
      assertThat(decoder.logits(Optional.empty(), tokens))
          .isEqualTo(expanded(near, mixed).logits(Optional.empty(), tokens));
    }
  }

  /** An expert that no token chose is left alone, and the others share one place. */
  @Test
  void onlyExpertsWithTokensAreExpanded() {
    try (ReferenceModel model = ReferenceModel.open(STORED)) {
      AtomicInteger expanded = new AtomicInteger();
      try (KernelObservation observation =
          KernelObservation.begin(
              (kernel, arguments, nanoseconds) ->
                  expanded.addAndGet(kernel.equals("dequantize") ? 1 : 0),
              Device.cpu())) {
        model.decoder.logits(Optional.empty(), new int[] {7});
        assertThat(observation).isNotNull();
      }
      int attention = 4;
      int router = 1;
      int chosen = 2;
      assertThat(expanded).hasValue(attention + router + chosen * 3);
    }
  }

  /** Plans say what the loaded model takes. */
  @Test
  void memory() {
    try (ReferenceModel near = ReferenceModel.open(STORED)) {
      Decoder loaded = load(near, Optional.of(NF4));
      DecoderConfig config = loaded.config();
      QuantizedWeights quantized = loaded.quantizedWeights().orElseThrow();
      long expert = 64 * 64;
      long attention = 2 * 64 * 64 + 2 * 64 * 32;
      assertThat(quantized.weights()).isEqualTo(attention + 3 * 3 * expert);
      DecoderMemory memory = new DecoderMemory(config, Dtype.BFLOAT16, 0);
      long others = config.parameterCount() - quantized.weights();
      assertThat(memory.weightBytes()).isEqualTo(quantized.bytes() + 2 * others);
      assertThat(memory.workspaceBytes()).isEqualTo(2 * (attention + 3 * expert));
    }
  }

  @Test
  void expertsOfEveryFamilyAreQuantised() {
    DecoderConfig config =
        DecoderConfig.read(
            ModelFolder.openConfig(ReferenceModel.path("families/qwen3_moe")), Optional.of(NF4));
    assertThat(config.quantizedModules())
        .contains(
            new LinearModule("model.layers.1.mlp.experts.4.gate_proj", 24, 20),
            new LinearModule("model.layers.1.mlp.experts.4.up_proj", 24, 20),
            new LinearModule("model.layers.1.mlp.experts.4.down_proj", 20, 24))
        .hasSize(2 * (4 + 5 * 3));
    assertThat(config.routers())
        .containsExactly("model.layers.0.mlp.gate", "model.layers.1.mlp.gate");
  }

  /** A checkpoint in four bits comes back with those weights in four bits that were. */
  @Test
  void packedAgainAsItWas() {
    TensorSource stored = folder(STORED).tensors();
    DecoderConfig config = DecoderConfig.read(folder(STORED).config());
    TensorSource floats = FourBits.expanded(config, stored, NF4);
    TensorSource again = FourBits.packedLike(stored, config, floats, NF4);
    assertThat(again.names()).isEqualTo(stored.names());
    assertThat(again.bytes(ROUTER + ".weight")).isEqualTo(stored.bytes(ROUTER + ".weight"));
    assertThat(FourBits.packedLike(floats, config, floats, NF4).names())
        .contains(EXPERT + "w1.weight.absmax")
        .doesNotContain(ROUTER + ".weight.absmax");
  }

  private static float[] gradient(
      Decoder decoder, ReferenceModel model, Checkpointing checkpointing) {
    float[] gradient = new float[model.adapter.parameterCount()];
    new AdapterTraining(decoder, model.adapter, checkpointing)
        .lossAndGradient(model.batch(), 1, 0, gradient);
    return gradient;
  }

  private static Decoder expanded(ReferenceModel near, TensorSource stored) {
    DecoderConfig config = DecoderConfig.read(folder(PLAIN).config());
    return Decoder.load(near.manager, config, new DequantizedTensors(stored, List.of()), FP32);
  }

  private static Decoder load(ReferenceModel near, Optional<Quantization> settings) {
    DecoderConfig config = DecoderConfig.read(folder(PLAIN).config(), settings);
    return Decoder.load(near.manager, config, folder(PLAIN).tensors(), FP32);
  }

  private static ModelFolder folder(String name) {
    return ModelFolder.open(ReferenceModel.path(name));
  }
}
