package io.sparkpeft.quant;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A weight in four bits. It never changes, so many threads may expand it at once.
 *
 * @param settings how it was quantised
 * @param stored the type it had before
 * @param shape of the weight, row-major
 * @param packed its codes, two in a byte, in direct memory
 * @param scales of its blocks
 * @param values of the sixteen codes: those of its file, whatever its type says
 */
public record QuantizedTensor(
    Quantization settings,
    Dtype stored,
    long[] shape,
    ByteBuffer packed,
    Scales scales,
    float[] values) {

  public QuantizedTensor {
    shape = shape.clone();
    packed = packed.slice();
    values = values.clone();
  }

  /**
   * Quantises a weight.
   *
   * @param weight [out, in], or [in, out] if transposed: float32, float16 or bfloat16
   * @param bytes its elements
   * @param transposed whether to quantise its transpose, so that the shape is [out, in] either way
   * @param packed receives the codes; direct, of {@code packedBytes}
   * @throws io.sparkpeft.base.SparkPeftException (65) if it is of another type, or a value is not
   *     finite
   */
  public static QuantizedTensor quantize(
      TensorEntry weight,
      ByteBuffer bytes,
      boolean transposed,
      Quantization settings,
      ByteBuffer packed) {
    BlockQuantizer quantizer =
        new BlockQuantizer(weight.name(), new WeightReader(weight, bytes, transposed), settings);
    float[] scales = quantizer.scales();
    ByteBuffer codes = packed.duplicate();
    quantizer.codes(scales, codes);
    return new QuantizedTensor(
        settings,
        weight.dtype(),
        shape(weight, transposed),
        codes.flip(),
        scales(settings, scales),
        settings.type().codebook().values());
  }

  static Scales scales(Quantization settings, float[] scales) {
    return settings.nested() ? Scales.Nested.of(scales) : Scales.Plain.of(scales);
  }

  static long[] shape(TensorEntry weight, boolean transposed) {
    return transposed ? new long[] {weight.shape()[1], weight.shape()[0]} : weight.shape();
  }

  /** Bytes of the codes of that many weights. */
  public static int packedBytes(long weights) {
    return Math.toIntExact(Quantization.packedBytes(weights));
  }

  /** Bytes of codes and scales. */
  public long bytes() {
    return packed.capacity() + scales.bytes();
  }

  /** The number of weights. */
  public long elements() {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }
}
