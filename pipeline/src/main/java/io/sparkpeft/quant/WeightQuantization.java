package io.sparkpeft.quant;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorEntry;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** One weight on its way into a file: all of its tensors, whose values are made when asked for. */
final class WeightQuantization {
  private final TensorEntry weight;
  private final Supplier<ByteBuffer> bytes;
  private final boolean transposed;
  private final Quantization settings;
  private final QuantizationReport.Builder report;
  private SoftReference<float[]> scales = new SoftReference<>(new float[0]);

  /**
   * @param bytes the weight's elements
   * @param transposed whether they are stored as [in, out]
   * @param report learns the errors once the codes are made
   */
  WeightQuantization(
      TensorEntry weight,
      Supplier<ByteBuffer> bytes,
      boolean transposed,
      Quantization settings,
      QuantizationReport.Builder report) {
    this.weight = weight;
    this.bytes = bytes;
    this.transposed = transposed;
    this.settings = settings;
    this.report = report;
  }

  /** The weight's tensors; reads it once, since a file says early how long its texts are. */
  List<NamedTensor> tensors() {
    String name = weight.name();
    int blocks = Math.toIntExact(settings.blocks(weight.elements()));
    Optional<Float> offset =
        settings.nested() ? Optional.of(Scales.Nested.mean(scales())) : Optional.empty();
    byte[] state =
        new QuantizedFormat.State(
                settings, weight.dtype(), QuantizedTensor.shape(weight, transposed), offset)
            .text();
    List<NamedTensor> tensors = new ArrayList<>();
    tensors.add(
        new NamedTensor(
            name,
            Dtype.UINT8,
            new long[] {Quantization.packedBytes(weight.elements()), 1},
            this::packed));
    tensors.add(floats(name + QuantizedFormat.QUANT_MAP, settings.type().codebook().values()));
    tensors.add(
        new NamedTensor(
            QuantizedFormat.state(name, settings.type()),
            Dtype.UINT8,
            new long[] {state.length},
            () -> ByteBuffer.wrap(state)));
    if (settings.nested()) {
      tensors.addAll(nested(blocks));
    } else {
      tensors.add(
          new NamedTensor(
              name + QuantizedFormat.ABSMAX,
              Dtype.FLOAT32,
              new long[] {blocks},
              () -> Scales.Plain.of(scales()).values()));
    }
    return tensors;
  }

  private List<NamedTensor> nested(int blocks) {
    long groups = Quantization.ceil(blocks, Quantization.NESTED_BLOCK);
    return List.of(
        new NamedTensor(
            weight.name() + QuantizedFormat.ABSMAX,
            Dtype.UINT8,
            new long[] {blocks},
            () -> Scales.Nested.of(scales()).codes()),
        new NamedTensor(
            weight.name() + QuantizedFormat.NESTED_ABSMAX,
            Dtype.FLOAT32,
            new long[] {groups},
            () -> Scales.Nested.of(scales()).absmax()),
        floats(weight.name() + QuantizedFormat.NESTED_QUANT_MAP, DynamicMap.signed()));
  }

  private WeightReader reader() {
    return new WeightReader(weight, bytes.get(), transposed);
  }

  private float[] scales() {
    float[] known = scales.get();
    if (known != null && known.length > 0) {
      return known;
    }
    float[] found = new BlockQuantizer(weight.name(), reader(), settings).scales();
    scales = new SoftReference<>(found);
    return found;
  }

  private ByteBuffer packed() {
    ByteBuffer packed = ByteBuffer.allocateDirect(QuantizedTensor.packedBytes(weight.elements()));
    QuantizedTensor tensor =
        QuantizedTensor.quantize(weight, bytes.get(), transposed, settings, packed);
    report.add(weight, QuantizationError.between(reader(), tensor));
    return packed;
  }

  private static NamedTensor floats(String name, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new NamedTensor(name, Dtype.FLOAT32, new long[] {values.length}, () -> bytes);
  }
}
