package io.sparkpeft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataOrderTest {

  private static int[] samples(DataOrder order, long from, int count) {
    return LongStream.range(from, from + count).mapToInt(order::sample).toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 64, 65, 1000, 4097})
  void everyEpochSeesEverySampleOnce(int size) {
    DataOrder order = new DataOrder(7, size);
    int[] all = IntStream.range(0, size).toArray();
    for (int epoch = 0; epoch < 3; epoch++) {
      assertThat(samples(order, (long) epoch * size, size)).containsExactlyInAnyOrder(all);
    }
  }

  /** Values of an independent Python version of the algorithm as it is documented. */
  @Test
  void theOrderNeverChanges() {
    assertThat(samples(new DataOrder(42, 10), 0, 20))
        .containsExactly(1, 0, 3, 7, 5, 8, 6, 2, 9, 4, 6, 8, 4, 3, 7, 0, 5, 2, 1, 9);
    DataOrder alpaca = new DataOrder(7, 51877);
    assertThat(LongStream.of(0, 1, 2, 51876, 51877, 103754).mapToInt(alpaca::sample))
        .containsExactly(37063, 50745, 33642, 29113, 47928, 17211);
  }

  @Test
  void seedsGiveDifferentOrders() {
    assertThat(samples(new DataOrder(1, 100), 0, 100))
        .isNotEqualTo(samples(new DataOrder(2, 100), 0, 100));
  }

  @Test
  void thereMustBeSamples() {
    assertThatThrownBy(() -> new DataOrder(1, 0)).hasMessage("no samples to order: 0");
  }
}
