package io.sparkpeft.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MicroBatchesTest {

  @Test
  void documentsLieOneAfterAnother() {
    TokenBatch batch =
        MicroBatches.batch(
            List.of(
                new TokenizedExample(new int[] {1, 2}, new boolean[] {false, true}),
                new TokenizedExample(new int[] {3, 4, 5}, new boolean[] {false, false, true})),
            new long[] {70, 71});
    assertThat(batch.tokens()).containsExactly(1, 2, 3, 4, 5);
    assertThat(batch.targets()).containsExactly(false, true, false, false, true);
    assertThat(batch.longest()).isEqualTo(3);
    assertThat(batch.lengths()).containsExactly(2, 3);
    assertThat(batch.samples()).containsExactly(70, 71);
    assertThat(batch.targetCount()).isEqualTo(2);
  }

  @Test
  void targetsArePackedLeastSignificantFirst() {
    boolean[] targets = new boolean[9];
    targets[0] = true;
    targets[3] = true;
    targets[8] = true;
    assertThat(TargetBits.pack(targets)).containsExactly(0b1001, 1);
    assertThat(TargetBits.unpack(TargetBits.pack(targets), 9)).isEqualTo(targets);
  }
}
