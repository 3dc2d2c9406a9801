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
  void tokensAreAsEvenAsMayBe() {
    assertThat(new MicroBatching.Examples(2).split(new int[] {5, 1, 4, 2, 3}))
        .containsExactly(new int[] {0}, new int[] {2, 1}, new int[] {4, 3});
    assertThat(new MicroBatching.Examples(2).split(new int[] {9, 1, 1, 1}))
        .containsExactly(new int[] {0, 3}, new int[] {1, 2});
    assertThat(new MicroBatching.Examples(2).split(new int[0])).isEmpty();
  }

  /** Of lengths as real instructions have them. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void microBatchesAreFullAndAlike(long seed) {
    Random random = new Random(seed);
    int[] lengths = random.doubles(34).mapToInt(u -> (int) Math.exp(3 + 3 * u)).toArray();
    List<int[]> split = new MicroBatching.Examples(4).split(lengths);
    assertThat(split).hasSize(9).allMatch(places -> places.length <= 4);
    assertThat(split.stream().flatMapToInt(Arrays::stream).sorted().toArray())
        .isEqualTo(IntStream.range(0, 34).toArray());
    int[] tokens =
        split.stream().mapToInt(p -> Arrays.stream(p).map(i -> lengths[i]).sum()).toArray();
    int longest = Arrays.stream(lengths).max().orElseThrow();
    assertThat(tokens[0]).isLessThan(Math.max(longest, 2 * tokens[8]));
    assertThat(IntStream.range(1, 9).allMatch(i -> tokens[i] <= tokens[i - 1])).isTrue();
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
