package io.sparkpeft.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sparkpeft.base.Sha256;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizationTest {
  private static final Quantization NF4 = new Quantization(QuantType.NF4, 64, false);
  private static final Quantization NF4_NESTED = new Quantization(QuantType.NF4, 64, true);

  @Test
  void firstTestVector() {
    float[] values = new float[128];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((37 * i % 101 - 50) / 50.0);
    }
    QuantizedTensor tensor = quantized(NF4, values);
    assertThat(HexFormat.of().formatHex(BitsAndBytesGolden.bytes(tensor.packed())))
        .isEqualTo(
            "04c16e29f3b05d17e29f3c05d18e2af4c16e18e3b05d17e29f3b05d18e2af4c1"
                + "6d18e3b04c17e29f3b05d17e2af4c06d18e2a04c16e29f3b05d17e29f3c05d18");
    assertThat(scales(tensor)).containsExactly(1f, 1f);
  }

  @Test
  void secondTestVector() {
    QuantizedTensor plain = quantized(NF4, secondVector());
    assertThat(Sha256.of(BitsAndBytesGolden.bytes(plain.packed())))
        .isEqualTo("5415b1e273654c81ea8e19261065cf69e61a602a860279564a1d080013022930");
    assertThat(Sha256.of(BitsAndBytesGolden.bytes(((Scales.Plain) plain.scales()).values())))
        .isEqualTo("7d4fc045cc672463d8d6aaa4858a6151f8c2f762275e2edfe10cd2d874b4e88b");
    Scales.Nested nested = (Scales.Nested) quantized(NF4_NESTED, secondVector()).scales();
    assertThat(nested.offset()).isEqualTo(0.2968207f);
    assertThat(nested.absmax().getFloat(0)).isEqualTo(0.20367932f);
    int[] first = {2, 36, 94, 219, 255, 2, 35, 104, 219, 254, 2, 36};
    for (int i = 0; i < first.length; i++) {
      assertThat(Byte.toUnsignedInt(nested.codes().get(i))).isEqualTo(first[i]);
    }
  }

  @Test
  void fourBitFloatsOfTheSecondVector() {
    QuantizedTensor tensor = quantized(new Quantization(QuantType.FP4, 64, false), secondVector());
    assertThat(HexFormat.of().formatHex(BitsAndBytesGolden.bytes(tensor.packed()), 0, 64))
        .isEqualTo(
            "b32225547619eeccddaabb332225447619efcddaaabb32225547619eeccddaab"
                + "b332225447619efcddaaabb33225547669eefcddaabb332225547619efcddaaa");
  }

  @Test
  void aLinearGridIsNotNf4() {
    float x = 0.2121f;
    double step = 2.0 / 15;
    assertThat(Math.rint((x + 1) / step) * step - 1).isCloseTo(0.2000, within(1e-9));
    assertThat(Codebook.NF4.nearest(x)).isEqualTo(10);
    assertThat(Codebook.NF4.value(10)).isCloseTo(0.2461f, within(5e-5f));
  }

  @Test
  void integersReachFromMinusSevenToSeven() {
    float[] values = new float[32];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i - 15.5f) / 15.5f * 3;
    }
    QuantizedTensor tensor = quantized(new Quantization(QuantType.INT4, 32, false), values);
    float[] back = expanded(tensor);
    for (int i = 0; i < values.length; i++) {
      int integer = Math.toIntExact(Math.round(7.0 / 3 * values[i]));
      int pair = tensor.packed().get(i / 2);
      assertThat((i % 2 == 0 ? pair >> 4 & 15 : pair & 15) - 7).isEqualTo(integer);
      assertThat(back[i]).isCloseTo(integer * 3 / 7f, within(1e-6f));
    }
    // Sixteenths would need 33 integers.
    assertThat(Math.round(16 / 3.0 * values[0])).isEqualTo(-16);
  }

  @ParameterizedTest
  @EnumSource(QuantType.class)
  void theNearestValueIsChosen(QuantType type) {
    Codebook codebook = type.codebook();
    for (int i = -1000; i <= 1000; i++) {
      float x = i / 1000f;
      double chosen = Math.abs(codebook.value(codebook.nearest(x)) - (double) x);
      for (int code = 0; code < Codebook.SIZE; code++) {
        assertThat(chosen).isLessThanOrEqualTo(Math.abs(codebook.value(code) - (double) x) + 1e-7);
      }
    }
  }

  @Test
  void aTieGoesToTheLowerValue() {
    for (float bound : Codebook.NF4.bounds()) {
      float below = Codebook.NF4.value(Codebook.NF4.nearest(bound));
      float above = Codebook.NF4.value(Codebook.NF4.nearest(Math.nextUp(bound)));
      assertThat(below).isLessThan(bound);
      assertThat(above).isGreaterThan(bound);
    }
  }

  @ParameterizedTest
  @CsvSource({"64, false, 4.5", "64, true, 4.126953125", "32, false, 5", "4096, true, 4.00198364"})
  void bitsPerWeight(int blockSize, boolean nested, double bits) {
    Quantization settings = new Quantization(QuantType.NF4, blockSize, nested);
    assertThat(settings.bitsPerWeight()).isCloseTo(bits, within(1e-8));
    long weights = 1L << 24;
    assertThat(settings.bytes(weights) * 8.0 / weights).isEqualTo(settings.bitsPerWeight());
  }

  @Test
  void nestingSavesThreeEighthsOfABit() {
    assertThat(NF4.bitsPerWeight() - 4).isEqualTo(0.5);
    assertThat(NF4_NESTED.bitsPerWeight() - 4).isCloseTo(0.127, within(5e-4));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 16, 48, 8192})
  void blockSizesThatBitsandbytesLacksAreRefused(int size) {
    assertThatThrownBy(() -> new Quantization(QuantType.NF4, size, false))
        .hasMessage(
            "Blocks of "
                + size
                + " weights cannot be quantised. A block has 32, 64, 128, 256, 512, 1024, 2048 or"
                + " 4096 of them, as in bitsandbytes. Set model.quantization_blocksize to one of"
                + " these.");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void valuesThatAreNotFiniteAreRefused(float value) {
    float[] values = new float[100];
    values[70] = value;
    assertThatThrownBy(() -> quantized(NF4, values))
        .hasMessage(
            "The weight w cannot be quantised. It has values that are infinite or no numbers, and"
                + " would lose all others of their blocks. Use a sound checkpoint.");
  }

  @Test
  void onlyFloatsAreQuantised() {
    TensorEntry entry = new TensorEntry("w", Dtype.INT8, new long[] {4});
    assertThatThrownBy(() -> new WeightReader(entry, ByteBuffer.allocateDirect(4), false))
        .hasMessage(
            "The weight w I8 [4] cannot be quantised. Only weights in float32, float16 or bfloat16"
                + " are. Start from a checkpoint that is not quantised yet.");
  }

  @Test
  void aTransposedWeightIsQuantisedAsItsTranspose() {
    float[] values = new float[6 * 32];
    float[] transpose = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i);
      transpose[i % 32 * 6 + i / 32] = values[i];
    }
    QuantizedTensor straight = quantized(NF4, values, false, 6, 32);
    QuantizedTensor turned = quantized(NF4, transpose, true, 32, 6);
    assertThat(turned.shape()).containsExactly(6, 32);
    assertThat(turned.packed()).isEqualTo(straight.packed());
    assertThat(scales(turned)).isEqualTo(scales(straight));
  }

  @Test
  void halvesAreReadAsJavaWillOneDay() {
    assertThat(WeightReader.half((short) 0x3c00)).isEqualTo(1f);
    assertThat(WeightReader.half((short) 0xc000)).isEqualTo(-2f);
    assertThat(WeightReader.half((short) 0x0001)).isEqualTo(0x1p-24f);
    assertThat(WeightReader.half((short) 0x8400)).isEqualTo(-0x1p-14f);
    assertThat(WeightReader.half((short) 0x7bff)).isEqualTo(65504f);
    assertThat(WeightReader.half((short) 0x7c00)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(WeightReader.half((short) 0x7e00)).isNaN();
  }

  private static float[] secondVector() {
    float[] values = new float[32768];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (((7919L * i) % 2003 - 1001) / 1000.0 * (1 + ((i / 64) % 5)) / 10);
    }
    return values;
  }

  private static QuantizedTensor quantized(Quantization settings, float[] values) {
    return quantized(settings, values, false, values.length);
  }

  private static QuantizedTensor quantized(
      Quantization settings, float[] values, boolean transposed, long... shape) {
    ByteBuffer packed = ByteBuffer.allocateDirect(QuantizedTensor.packedBytes(values.length));
    return QuantizedTensor.quantize(
        new TensorEntry("w", Dtype.FLOAT32, shape),
        BitsAndBytesGolden.direct(values),
        transposed,
        settings,
        packed);
  }

  private static float[] scales(QuantizedTensor tensor) {
    float[] scales = new float[tensor.scales().size()];
    tensor.scales().read(0, scales.length, scales);
    return scales;
  }

  private static float[] expanded(QuantizedTensor tensor) {
    ByteBuffer values = ByteBuffer.allocateDirect(Math.toIntExact(tensor.elements()) * Float.BYTES);
    new Dequantizer().dequantize(tensor, Dtype.FLOAT32, values);
    return BitsAndBytesGolden.floats(values);
  }
}
