package io.sparkpeft.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.SafetensorsWriter;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DequantizedTensorsTest {
  private static final Quantization NF4 = new Quantization(QuantType.NF4, 64, false);
  private static final int ROWS = 24;
  private static final int COLUMNS = 64;

  @TempDir Path folder;

  private NDManager manager;

  @BeforeEach
  void open() {
    Engine.prepareThread();
    manager = Engine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({"FLOAT32, false", "BFLOAT16, false", "FLOAT16, false", "FLOAT32, true"})
  void namesAndShapesAreThoseOfTheFloats(Dtype dtype, boolean transposed) {
    TensorSource floats = floats(dtype);
    List<WeightToQuantize> targets = List.of(new WeightToQuantize("m.weight", transposed));
    TensorSource expanded = new DequantizedTensors(quantized(floats, targets), targets);
    assertThat(expanded.names()).containsExactly("m.bias", "m.weight");
    for (String name : floats.names()) {
      assertThat(expanded.entry(name).toString()).isEqualTo(floats.entry(name).toString());
    }
    assertThat(expanded.bytes("m.bias")).isEqualTo(floats.bytes("m.bias"));
    float[] before = values(floats);
    float[] after = values(expanded);
    assertThat(after).isNotEqualTo(before).hasSameSizeAs(before);
    for (int i = 0; i < before.length; i++) {
      // The widest gap between two of NF4's values is 0.304, and no value here is beyond 1.
      assertThat(after[i]).isCloseTo(before[i], within(0.16f));
    }
  }

  @Test
  void quantisedAgainItIsTheSame() {
    TensorSource floats = floats(Dtype.FLOAT32);
    List<WeightToQuantize> targets = List.of(new WeightToQuantize("m.weight", false));
    TensorSource once = quantized(floats, targets);
    TensorSource twice = quantized(new DequantizedTensors(once, targets), targets);
    assertThat(twice.names()).isEqualTo(once.names()).hasSizeGreaterThan(3);
    for (String name : once.names()) {
      assertThat(twice.bytes(name)).as(name).isEqualTo(once.bytes(name));
    }
  }

  private TensorSource floats(Dtype dtype) {
    Random random = new Random(9);
    float[] values = new float[ROWS * COLUMNS];
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * random.nextFloat() - 1;
    }
    NDArray weight =
        Tensors.cast(manager, Tensors.fromFloats(manager, values, ROWS, COLUMNS), dtype);
    NDArray bias = Tensors.fromFloats(manager, new float[] {1, 2, 3}, 3);
    Path file = folder.resolve("floats.safetensors");
    SafetensorsWriter.write(
        file, SafetensorsWriter.PYTORCH, List.of(named("m.weight", weight), named("m.bias", bias)));
    return Safetensors.open(file);
  }

  private static NamedTensor named(String name, NDArray value) {
    long[] shape = value.getShape().getShape();
    return new NamedTensor(name, Tensors.dtype(value), shape, () -> Tensors.toBytes(value));
  }

  private static TensorSource quantized(TensorSource source, List<WeightToQuantize> targets) {
    return new QuantizingTensors(source, targets, NF4, ByteBuffer::allocateDirect);
  }

  private float[] values(TensorSource source) {
    NDArray weight =
        Tensors.fromBytes(
            manager,
            source.bytes("m.weight"),
            source.entry("m.weight").dtype(),
            source.entry("m.weight").shape());
    return Tensors.cast(manager, weight, Dtype.FLOAT32).toFloatArray();
  }
}
