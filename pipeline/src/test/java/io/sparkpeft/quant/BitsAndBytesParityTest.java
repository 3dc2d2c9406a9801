package io.sparkpeft.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkpeft.quant.BitsAndBytesGolden.Case;
import io.sparkpeft.tensor.Dtype;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bit for bit what bitsandbytes computes, see reference/bitsandbytes_4bit.py. */
class BitsAndBytesParityTest {
  private static final int TABLE = 65536;

  static List<Case> cases() {
    return BitsAndBytesGolden.cases();
  }

  static List<Case> nested() {
    return cases().stream().filter(golden -> golden.settings().nested()).toList();
  }

  static List<Case> expanded() {
    return cases().stream().filter(golden -> golden.has("bfloat16")).toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void codes(Case golden) {
    assertThat(BitsAndBytesGolden.bytes(golden.quantized().packed()))
        .isEqualTo(golden.bytes("packed"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void scales(Case golden) {
    if (golden.settings().nested()) {
      assertThat(golden.scales()).hasSize(golden.bytes("absmax").length);
    } else {
      assertThat(golden.scales()).isEqualTo(golden.floats("absmax"));
    }
  }

  /** torch sums in fp32 in an order of its own. */
  @ParameterizedTest
  @MethodSource("nested")
  void offset(Case golden) {
    float expected = golden.floats("offset")[0];
    assertThat(Scales.Nested.mean(golden.scales()))
        .isCloseTo(expected, within(2 * Math.ulp(expected)));
  }

  /** Given the same map and offset; its CPU kernel looks codes up in a table of 65,536. */
  @ParameterizedTest
  @MethodSource("nested")
  void nestedScales(Case golden) {
    float[] map = golden.floats("nested_quant_map");
    float offset = golden.floats("offset")[0];
    assertThat(map).isEqualTo(DynamicMap.signed());
    Scales.Nested ours = Scales.Nested.of(golden.scales(), offset, map);
    assertThat(BitsAndBytesGolden.floats(ours.absmax())).isEqualTo(golden.floats("nested_absmax"));
    byte[] theirs = golden.bytes("absmax");
    byte[] codes = BitsAndBytesGolden.bytes(ours.codes());
    byte[] lookedUp = lookedUp(golden.scales(), offset, golden.floats("nested_absmax"), map);
    assertThat(lookedUp).isEqualTo(theirs);
    for (int i = 0; i < codes.length; i++) {
      assertThat(Math.abs(Byte.toUnsignedInt(codes[i]) - Byte.toUnsignedInt(theirs[i])))
          .isLessThanOrEqualTo(scaleIsNothing(ours, i) ? DynamicMap.SIZE : 1);
    }
  }

  private static boolean scaleIsNothing(Scales.Nested scales, int block) {
    return scales.absmax().getFloat(block / Quantization.NESTED_BLOCK * Float.BYTES) == 0;
  }

  /** The rule of bitsandbytes' CPU kernel. */
  private static byte[] lookedUp(float[] scales, float offset, float[] absmax, float[] map) {
    byte[] table = new byte[TABLE];
    int code = 0;
    for (int i = 0; i < TABLE; i++) {
      float value = -1.0f + (2.0f * i) / (TABLE - 1);
      while (code < map.length - 1 && 0.5f * (map[code] + map[code + 1]) < value) {
        code++;
      }
      table[i] = (byte) code;
    }
    byte[] codes = new byte[scales.length];
    for (int i = 0; i < codes.length; i++) {
      float largest = absmax[i / Quantization.NESTED_BLOCK];
      float share = Math.max(-1, Math.min(1, (scales[i] - offset) * (1 / largest)));
      codes[i] = largest == 0 ? 0 : table[(int) ((share + 1) * 0.5f * (TABLE - 1) + 0.5f)];
    }
    return codes;
  }

  @ParameterizedTest
  @MethodSource("expanded")
  void values(Case golden) {
    QuantizedTensor tensor = golden.quantized();
    for (Dtype dtype : List.of(Dtype.FLOAT32, Dtype.BFLOAT16)) {
      byte[] expected = golden.bytes(dtype.torchName());
      ByteBuffer values = ByteBuffer.allocateDirect(expected.length);
      new Dequantizer().dequantize(tensor, dtype, values);
      assertThat(BitsAndBytesGolden.bytes(values)).isEqualTo(expected);
    }
  }
}
