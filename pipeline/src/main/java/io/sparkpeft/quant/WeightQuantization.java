package io.sparkpeft.quant;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/** One weight on its way into a file: all of its tensors, whose values are made when asked for. */
final class WeightQuantization {
  private final TensorSource source;
  private final TensorEntry weight;
  private final boolean transposed;
  private final Quantization settings;
  private final IntFunction<ByteBuffer> memory;
  private final Optional<QuantizationReport.Builder> report;
  private SoftReference<float[]> scales = new SoftReference<>(new float[0]);

  /**
   * @param memory gives direct memory of a size, for the codes
   * @param report learns how far the codes are from the weights once they are made
   */
  WeightQuantization(
      TensorSource source,
      WeightToQuantize target,
      Quantization settings,
      IntFunction<ByteBuffer> memory,
      Optional<QuantizationReport.Builder> report) {
    this.source = source;
    this.weight = source.entry(target.name());
    this.transposed = target.transposed();
    this.settings = settings;
    this.memory = memory;
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
    return new WeightReader(weight, source.bytes(weight.name()), transposed);
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
    ByteBuffer packed = memory.apply(QuantizedTensor.packedBytes(weight.elements()));
    new BlockQuantizer(weight.name(), reader(), settings).codes(scales(), packed.duplicate());
    report.ifPresent(builder -> builder.add(weight, error(packed)));
    return packed;
  }

  private QuantizationError error(ByteBuffer packed) {
    QuantizedTensor tensor =
        new QuantizedTensor(
            settings,
            weight.dtype(),
            QuantizedTensor.shape(weight, transposed),
            packed,
            QuantizedTensor.scales(settings, scales()),
            settings.type().codebook().values());
    return QuantizationError.between(reader(), tensor);
  }

  private static NamedTensor floats(String name, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new NamedTensor(name, Dtype.FLOAT32, new long[] {values.length}, () -> bytes);
  }
}
