package io.sparkpeft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MicroBatchingTest {

  @Test
  void examplesOfLikeLengthAreComputedTogether() {
    assertThat(new MicroBatching.Examples(2).split(new int[] {5, 1, 4, 2, 3}))
        .containsExactly(new int[] {0, 2}, new int[] {4, 3}, new int[] {1});
    assertThat(new MicroBatching.Examples(2).split(new int[0])).isEmpty();
  }

  @Test
  void packsFillUpWithWhatFits() {
    assertThat(new MicroBatching.Packed(10).split(new int[] {7, 4, 6, 3, 12, 2}))
        .containsExactly(new int[] {4}, new int[] {0, 3}, new int[] {2, 1}, new int[] {5});
  }

  /** First fit leaves no two packs that would go into one. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void packsHoldEveryExampleOnceAndCouldNotBeJoined(long seed) {
    Random random = new Random(seed);
    int[] lengths = IntStream.generate(() -> 1 + random.nextInt(600)).limit(200).toArray();
    List<int[]> packs = new MicroBatching.Packed(1024).split(lengths);
    assertThat(packs.stream().flatMapToInt(Arrays::stream).sorted().toArray())
        .isEqualTo(IntStream.range(0, 200).toArray());
    int[] tokens =
        packs.stream().mapToInt(p -> Arrays.stream(p).map(i -> lengths[i]).sum()).toArray();
    assertThat(Arrays.stream(tokens).max().orElseThrow()).isLessThanOrEqualTo(1024);
    int[] sorted = Arrays.stream(tokens).sorted().toArray();
    assertThat(sorted[0] + sorted[1]).isGreaterThan(1024);
  }

  @Test
  void nothingIsNoMicroBatch() {
    assertThatThrownBy(() -> new MicroBatching.Examples(0)).hasMessage("a micro-batch of 0");
    assertThatThrownBy(() -> new MicroBatching.Packed(0)).hasMessage("a micro-batch of 0");
  }
}
