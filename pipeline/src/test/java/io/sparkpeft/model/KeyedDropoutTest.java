package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class KeyedDropoutTest {
  @Test
  void dropsAsOftenAsAsked() {
    for (double probability : new double[] {0.001, 0.05, 0.5, 0.9}) {
      byte[] mask = mask(dropout(1, 100, probability), 3, 1003);
      double kept = 0;
      for (byte value : mask) {
        kept += value;
      }
      double spread = 5 * Math.sqrt(probability * (1 - probability) / mask.length);
      assertThat(1 - kept / mask.length).isCloseTo(probability, within(spread));
    }
  }

  @Test
  void keepsEverythingOrNothingAtTheEnds() {
    assertThat(mask(dropout(1, 4, 0), 0, 50)).containsOnly(1);
    assertThat(mask(dropout(1, 4, 1), 0, 50)).containsOnly(0);
  }

  @Test
  void dependsOnSeedModuleSampleAndPosition() {
    byte[] mask = mask(dropout(1, 2, 0.5), 0, 64);
    assertThat(mask).isEqualTo(mask(dropout(1, 2, 0.5), 0, 64));
    assertThat(mask).isNotEqualTo(mask(dropout(2, 2, 0.5), 0, 64));
    assertThat(mask).isNotEqualTo(mask(dropout(1, 2, 0.5), 1, 64));
    for (int token = 1; token < 4; token++) {
      assertThat(row(mask, token)).isNotEqualTo(row(mask, 0));
    }
  }

  @Test
  void aTokensMaskDoesNotDependOnTheBatch() {
    byte[] together = mask(dropout(1, 2, 0.5), 5, 64); // samples 7 and 8, two positions each
    KeyedDropout alone = new KeyedDropout(1, new long[] {8}, new long[] {1}, DropoutGaps.of(0.5));
    assertThat(mask(alone, 5, 64)).isEqualTo(row(together, 3));
    assertThat(mask(dropout(1, 2, 0.5).at(new long[] {3}), 5, 64)).isEqualTo(row(together, 3));
  }

  /** Of two neighbours both are dropped as often as chance would have it, at any place of a row. */
  @Test
  void neighboursAreDroppedIndependently() {
    double probability = 0.2;
    byte[] mask = mask(dropout(3, 5000, probability), 0, 64);
    for (int feature : new int[] {0, 1, 30, 62}) {
      double both = 0;
      for (int token = 0; token < 10_000; token++) {
        int at = token * 64 + feature;
        both += (1 - mask[at]) * (1 - mask[at + 1]);
      }
      double expected = probability * probability;
      double spread = 5 * Math.sqrt(expected * (1 - expected) / 10_000);
      assertThat(both / 10_000).isCloseTo(expected, within(spread));
    }
  }

  /** Guards runs that are resumed with a later version. */
  @Test
  void theBitsAreFixed() {
    assertThat(mask(dropout(42, 1, 0.5), 0, 12)).isEqualTo(FIXED);
  }

  private static final byte[] FIXED = {
    1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 0, 1, // the first token
    1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1
  };

  private static KeyedDropout dropout(long seed, int positions, double probability) {
    Documents documents = new Documents(new long[] {positions, positions});
    return new KeyedDropout(
        seed,
        documents.spread(new long[] {7, 8}),
        documents.positions(),
        DropoutGaps.of(probability));
  }

  private static byte[] mask(KeyedDropout dropout, int module, int features) {
    byte[] mask = new byte[dropout.samples().length * features];
    Arrays.fill(mask, (byte) 1);
    for (int place : dropout.dropped(module, features)) {
      mask[place] = 0;
    }
    return mask;
  }

  private static byte[] row(byte[] mask, int token) {
    return Arrays.copyOfRange(mask, token * 64, (token + 1) * 64);
  }
}
