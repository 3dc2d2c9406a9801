package io.sparkpeft.collective;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FixedPointTest {

  @Test
  void oneIsTwoToTheFiftieth() {
    assertThat(FixedPoint.encode(1.0)).isEqualTo(1L << 50);
    assertThat(FixedPoint.decode(1L << 50)).isEqualTo(1.0);
    assertThat(FixedPoint.decode(FixedPoint.encode(-0.375))).isEqualTo(-0.375);
  }

  @Test
  void holdsFloatsUpToItsLimit() {
    double largest = Math.nextDown((float) FixedPoint.LIMIT);
    assertThat(FixedPoint.LIMIT).isEqualTo(8192);
    assertThat(FixedPoint.decode(FixedPoint.encode(largest))).isEqualTo(largest);
    assertThat(FixedPoint.decode(FixedPoint.encode(-largest))).isEqualTo(-largest);
  }

  @Test
  void whatDoesNotFitIsNotANumber() {
    for (double value :
        new double[] {8192, -8192, 1e30, Double.NaN, Double.NEGATIVE_INFINITY, Float.MAX_VALUE}) {
      assertThat(FixedPoint.encode(value)).as("%s", value).isEqualTo(FixedPoint.NOT_A_NUMBER);
    }
    assertThat(FixedPoint.decode(FixedPoint.NOT_A_NUMBER)).isNaN();
  }

  @Test
  void sumsThatDoNotFitAreNotANumberAndStaySo() {
    long half = FixedPoint.encode(5000);
    long sum = FixedPoint.add(half, half);
    assertThat(sum).isEqualTo(FixedPoint.NOT_A_NUMBER);
    assertThat(FixedPoint.add(sum, half)).isEqualTo(FixedPoint.NOT_A_NUMBER);
    assertThat(FixedPoint.add(-half, sum)).isEqualTo(FixedPoint.NOT_A_NUMBER);
    assertThat(FixedPoint.add(-half, -half)).isEqualTo(FixedPoint.NOT_A_NUMBER);
    assertThat(FixedPoint.add(half, -half)).isZero();
  }

  @Test
  void accumulatesExactly() {
    Random random = new Random(7);
    long[] sums = new long[100];
    BigDecimal[] twin = new BigDecimal[sums.length];
    java.util.Arrays.fill(twin, BigDecimal.ZERO);
    for (int k = 0; k < 20; k++) {
      float[] values = new float[sums.length];
      for (int i = 0; i < values.length; i++) {
        // At least 2^-20: all 24 bits of the mantissa lie above 2^-50.
        values[i] = (float) (random.nextGaussian() + Math.copySign(0x1p-20, random.nextInt()));
        twin[i] = twin[i].add(new BigDecimal((double) (long) (values[i] * 0x1p50)));
      }
      FixedPoint.accumulate(values, sums);
    }
    for (int i = 0; i < sums.length; i++) {
      assertThat(sums[i]).isEqualTo(twin[i].longValueExact());
    }
  }

  @Test
  void decodesARange() {
    long[] sums = {0, FixedPoint.encode(1.5), FixedPoint.encode(-2), FixedPoint.NOT_A_NUMBER};
    float[] values = new float[5];
    FixedPoint.decode(sums, 1, values, 2, 3);
    assertThat(values).containsExactly(0f, 0f, 1.5f, -2f, Float.NaN);
  }
}
