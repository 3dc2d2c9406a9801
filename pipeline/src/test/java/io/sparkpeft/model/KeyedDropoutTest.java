package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class KeyedDropoutTest {
  @Test
  void dropsAsOftenAsAsked() {
    for (double probability : new double[] {0.05, 0.5, 0.9}) {
      byte[] mask = dropout(1, 100).mask(3, 1003, probability);
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
    assertThat(dropout(1, 4).mask(0, 50, 0)).containsOnly(1);
    assertThat(dropout(1, 4).mask(0, 50, 1)).containsOnly(0);
  }

  @Test
  void dependsOnSeedModuleSampleAndPosition() {
    byte[] mask = dropout(1, 2).mask(0, 64, 0.5);
    assertThat(mask).isEqualTo(dropout(1, 2).mask(0, 64, 0.5));
    assertThat(mask).isNotEqualTo(dropout(2, 2).mask(0, 64, 0.5));
    assertThat(mask).isNotEqualTo(dropout(1, 2).mask(1, 64, 0.5));
    for (int token = 1; token < 4; token++) {
      assertThat(row(mask, token)).isNotEqualTo(row(mask, 0));
    }
  }

  @Test
  void aTokensMaskDoesNotDependOnTheBatch() {
    byte[] together = dropout(1, 2).mask(5, 64, 0.5); // samples 7 and 8, two positions each
    KeyedDropout alone = new KeyedDropout(1, new long[] {8}, new long[] {1});
    assertThat(alone.mask(5, 64, 0.5)).isEqualTo(row(together, 3));
    assertThat(dropout(1, 2).at(new long[] {3}).mask(5, 64, 0.5)).isEqualTo(row(together, 3));
  }

  /** Guards runs that are resumed with a later version. */
  @Test
  void theBitsAreFixed() {
    assertThat(dropout(42, 1).mask(0, 12, 0.5)).isEqualTo(FIXED);
  }

  private static final byte[] FIXED = {
    1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, // the first token
    1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1
  };

  private static KeyedDropout dropout(long seed, int positions) {
    Documents documents = new Documents(new long[] {positions, positions});
    return new KeyedDropout(seed, documents.spread(new long[] {7, 8}), documents.positions());
  }

  private static byte[] row(byte[] mask, int token) {
    return Arrays.copyOfRange(mask, token * 64, (token + 1) * 64);
  }
}
