package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.KernelObservation;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Weights of 16 bits that are computed with in fp32, converted on load or when they are needed. */
class WeightsAsStoredTest {
  private static final Arithmetic FP32 = new Arithmetic(Dtype.FLOAT32, Product.PLAIN, "");
  private static final int[] TOKENS = {3, 5, 8, 5, 11};

  static List<String> families() throws IOException {
    return ReferenceModel.names("families").stream().map(name -> "families/" + name).toList();
  }

  static List<String> variants() throws IOException {
    return ReferenceModel.names("lora_variants").stream()
        .map(name -> "lora_variants/" + name)
        .toList();
  }

  /** But for the order of sums where the converted weight lies transposed, as GPT-2's does. */
  @ParameterizedTest
  @MethodSource({"families", "variants"})
  void computesTheSame(String name) {
    try (ReferenceModel model = ReferenceModel.open(name, FP32)) {
      DecoderConfig config = model.decoder.config();
      Narrowed narrowed = new Narrowed(base(model, name), Dtype.BFLOAT16);
      Decoder converted = Decoder.load(model.manager, config, narrowed, FP32);
      Decoder asStored = Decoder.loadAsStored(model.manager, config, narrowed, FP32);
      for (Optional<Adapter> adapter :
          List.of(Optional.<Adapter>empty(), Optional.of(model.adapter))) {
        float[] expected = converted.logits(adapter, TOKENS);
        assertThat(asStored.logits(adapter, TOKENS))
            .containsExactly(expected, Offset.offset(config.names().transposed() ? 1e-5f : 0));
        assertThat(expected).isNotEqualTo(model.decoder.logits(adapter, TOKENS));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "BFLOAT16"})
  void generatesTheSame(Dtype stored) {
    try (ReferenceModel model = ReferenceModel.open("families/qwen2", FP32)) {
      DecoderConfig config = model.decoder.config();
      Narrowed narrowed = new Narrowed(base(model, "families/qwen2"), stored);
      GenerationSettings settings = GenerationSettings.greedy(12, Set.of());
      Decoder converted = Decoder.load(model.manager, config, narrowed, FP32);
      Decoder asStored = Decoder.loadAsStored(model.manager, config, narrowed, FP32);
      assertThat(Generator.generate(asStored, Optional.empty(), TOKENS, settings))
          .isEqualTo(Generator.generate(converted, Optional.empty(), TOKENS, settings))
          .hasSize(12);
    }
  }

  /** Norms are: two of each layer and the last. */
  @Test
  void nothingLargeIsConvertedOnLoad() {
    try (ReferenceModel model = ReferenceModel.open("families/mistral", FP32)) {
      DecoderConfig config = model.decoder.config();
      Narrowed narrowed = new Narrowed(base(model, "families/mistral"), Dtype.BFLOAT16);
      AtomicLong converted = new AtomicLong();
      try (KernelObservation observation =
          KernelObservation.begin(
              (kernel, arguments, nanoseconds) -> {
                if (kernel.equals("cast") && isNarrow((NDArray) arguments[0])) {
                  converted.addAndGet(((NDArray) arguments[0]).size());
                }
              },
              Device.cpu())) {
        Decoder.loadAsStored(model.manager, config, narrowed, FP32);
        assertThat(observation).isNotNull();
      }
      assertThat(converted).hasValue((2L * config.layers() + 1) * config.hiddenSize());
    }
  }

  private static boolean isNarrow(NDArray tensor) {
    return Tensors.dtype(tensor) == Dtype.BFLOAT16;
  }

  private static TensorSource base(ReferenceModel model, String name) {
    String folder = model.facts.has("base") ? "families/" + model.facts.get("base").asText() : name;
    return ModelFolder.open(ReferenceModel.path(folder)).tensors();
  }

  /** A checkpoint in fp32, rounded to 16 bits. */
  private record Narrowed(TensorSource source, Dtype dtype) implements TensorSource {
    @Override
    public Set<String> names() {
      return source.names();
    }

    @Override
    public TensorEntry entry(String name) {
      return new TensorEntry(name, dtype, source.entry(name).shape());
    }

    @Override
    public ByteBuffer bytes(String name) {
      try (NDManager scope = Engine.newManager(Device.cpu())) {
        NDArray wide =
            Tensors.fromBytes(scope, source.bytes(name), Dtype.FLOAT32, source.entry(name).shape());
        return Tensors.toDirectBytes(Tensors.cast(scope, wide, dtype));
      }
    }
  }
}
