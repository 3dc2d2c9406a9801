package io.sparkpeft.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkpeft.quant.Expansion.Stretch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All ways of expanding codes give the bits of the obvious one. */
class ExpansionTest {
  private static final int BYTES = 4096;

  /** What lies before codes and weights. */
  private static final int AHEAD = 8;

  @ParameterizedTest
  @ValueSource(ints = {32, 64, 512, 4096})
  void plainIsTheObvious(int blockSize) {
    assertIsTheObvious(Expansions.plain(), blockSize);
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 64, 512, 4096})
  void vectorsAreTheObvious(int blockSize) {
    assumeTrue(Expansions.vectors().isPresent(), "no module jdk.incubator.vector, or no AVX-512");
    assertIsTheObvious(Expansions.vectors().orElseThrow(), blockSize);
  }

  @Test
  void theFastestThatThereIsIsChosen() {
    assertThat(Expansions.best().getClass())
        .isEqualTo(Expansions.vectors().orElseGet(Expansions::plain).getClass());
  }

  private static void assertIsTheObvious(Expansion expansion, int blockSize) {
    Random random = new Random(blockSize);
    byte[] packed = new byte[BYTES];
    random.nextBytes(packed);
    float[] scales = new float[2 * BYTES / 32];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = i % 7 == 0 ? 0 : random.nextFloat() * (float) Math.pow(10, i % 70 - 42);
    }
    float[] values = QuantType.NF4.codebook().values();
    ByteBuffer codes = ByteBuffer.allocateDirect(AHEAD + BYTES).put(AHEAD, packed);
    ByteBuffer halves = target(Short.BYTES);
    ByteBuffer singles = target(Float.BYTES);
    expansion.bfloat16(new Stretch(codes, AHEAD, BYTES, values, scales, blockSize, halves, AHEAD));
    expansion.float32(new Stretch(codes, AHEAD, BYTES, values, scales, blockSize, singles, AHEAD));
    for (int i = 0; i < 2 * BYTES; i++) {
      int code = i % 2 == 0 ? packed[i / 2] >> 4 & 15 : packed[i / 2] & 15;
      float value = values[code] * scales[i / blockSize];
      assertThat(singles.getInt(AHEAD + i * Float.BYTES)).isEqualTo(Float.floatToRawIntBits(value));
      assertThat(halves.getShort(AHEAD + i * Short.BYTES)).isEqualTo(nearestEven(value));
    }
  }

  private static ByteBuffer target(int bytesOfOne) {
    return ByteBuffer.allocateDirect(AHEAD + 2 * BYTES * bytesOfOne).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The nearer of the two bfloat16 around a number; of two equally near the even one. */
  private static short nearestEven(float x) {
    int below = Float.floatToRawIntBits(x) & 0xffff0000;
    int above = below + 0x10000;
    double down = Math.abs((double) x - Float.intBitsToFloat(below));
    double up = Math.abs((double) x - Float.intBitsToFloat(above));
    boolean belowIsEven = (below >>> 16 & 1) == 0;
    return (short) ((down < up || (down == up && belowIsEven) ? below : above) >>> 16);
  }
}
