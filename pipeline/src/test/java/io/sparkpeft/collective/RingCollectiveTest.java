package io.sparkpeft.collective;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RingCollectiveTest {
  private static final int MICRO_BATCHES = 12;
  private static final int LENGTH = 50_001;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 6})
  void sumIsTheSameForAnyNumberOfRanks(int ranks) throws Exception {
    long[] expected = new long[LENGTH];
    for (int i = 0; i < MICRO_BATCHES; i++) {
      FixedPoint.accumulate(gradient(i), expected);
    }
    List<Ranks.End<long[]>> ends =
        Ranks.run(
            InProcessCollective.group(ranks),
            collective -> {
              long[] sums = new long[LENGTH];
              for (int i = MICRO_BATCHES - 1 - collective.rank(); i >= 0; i -= ranks) {
                FixedPoint.accumulate(gradient(i), sums);
              }
              collective.sum(sums);
              return sums;
            });
    for (Ranks.End<long[]> end : ends) {
      assertThat(end.failure()).isNull();
      assertThat(Arrays.equals(end.result(), expected)).isTrue();
    }
  }

  /** Floats fail what the test above asks for: it is not met by any sum whatever. */
  @Test
  void floatSumsDependOnTheirOrder() {
    float[] forth = new float[LENGTH];
    float[] back = new float[LENGTH];
    for (int i = 0; i < MICRO_BATCHES; i++) {
      float[] a = gradient(i);
      float[] b = gradient(MICRO_BATCHES - 1 - i);
      for (int k = 0; k < LENGTH; k++) {
        forth[k] += a[k];
        back[k] += b[k];
      }
    }
    assertThat(Arrays.equals(forth, back)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"2,0", "3,1", "4,2", "4,3", "6,5"})
  void vectorsShorterThanTheRingAreSummedToo(int ranks, int length) throws Exception {
    List<Ranks.End<long[]>> ends =
        Ranks.run(
            InProcessCollective.group(ranks),
            collective -> {
              long[] values = new long[length];
              Arrays.fill(values, collective.rank() + 1);
              collective.sum(values);
              return values;
            });
    long[] expected = new long[length];
    Arrays.fill(expected, ranks * (ranks + 1L) / 2);
    assertThat(ends).extracting(Ranks.End::result).allMatch(sums -> Arrays.equals(sums, expected));
  }

  @Test
  void everyRankSeesAnOverflowAndANanAlike() throws Exception {
    List<Ranks.End<long[]>> ends =
        Ranks.run(
            InProcessCollective.group(3),
            collective -> {
              long[] values = new long[6];
              float nan = collective.rank() == 1 ? Float.NaN : 1;
              FixedPoint.accumulate(new float[] {1, 5000, nan, -5000, 0, 2}, values);
              collective.sum(values);
              return values;
            });
    long bad = FixedPoint.NOT_A_NUMBER;
    long[] expected = {FixedPoint.encode(3), bad, bad, bad, 0, FixedPoint.encode(6)};
    assertThat(ends).extracting(Ranks.End::result).containsOnly(expected);
  }

  @Test
  void countsWhatItSends() throws Exception {
    List<Ranks.End<Long>> ends =
        Ranks.run(
            InProcessCollective.group(4),
            collective -> {
              collective.sum(new long[4000]);
              return collective.bytesSent();
            });
    long rounds = 2 * (4 - 1);
    assertThat(ends).extracting(Ranks.End::result).containsOnly(rounds * (1000 * 8 + 16));
  }

  @Test
  void waitsForASlowRank() throws Exception {
    CountDownLatch othersWait = new CountDownLatch(2);
    List<Ranks.End<Long>> ends =
        Ranks.run(
            InProcessCollective.group(3),
            collective -> {
              if (collective.rank() == 1) {
                othersWait.await();
                Thread.sleep(200);
              }
              othersWait.countDown();
              long[] values = {1};
              collective.sum(values);
              return values[0];
            });
    assertThat(ends).extracting(Ranks.End::result).containsOnly(3L);
  }

  @Test
  void aDeadRankEndsAllOthers() throws Exception {
    List<Ranks.End<Long>> ends =
        Ranks.run(
            InProcessCollective.group(4),
            collective -> {
              long[] values = new long[100_000];
              collective.sum(values);
              if (collective.rank() == 2) {
                throw new IllegalStateException("boom");
              }
              collective.sum(values);
              return values[0];
            });
    assertThat(ends.get(2).failure()).isInstanceOf(IllegalStateException.class);
    for (int rank : new int[] {0, 1, 3}) {
      assertTryAgain(ends.get(rank).failure(), "Rank " + rank + " of 4 stopped in all-reduce 2");
    }
    assertThat(ends.get(3).failure())
        .hasMessageContaining("a neighbour in the ring was lost (rank 2 or rank 0)");
  }

  @Test
  void gaveUpOnASilentRank() throws Exception {
    Patience patience = new Patience(Duration.ofMillis(300), () -> false);
    CountDownLatch over = new CountDownLatch(1);
    List<Ranks.End<Void>> ends =
        Ranks.run(
            InProcessCollective.group(2, patience),
            collective -> {
              if (collective.rank() == 1) {
                over.await();
                return null;
              }
              try {
                collective.sum(new long[10]);
              } finally {
                over.countDown();
              }
              return null;
            });
    assertTryAgain(ends.get(0).failure(), "the neighbours kept silent (rank 1)");
  }

  @Test
  void stopsWhenTold() throws Exception {
    AtomicBoolean interrupted = new AtomicBoolean();
    Patience patience = new Patience(Duration.ofMinutes(1), interrupted::get);
    List<Ranks.End<Void>> ends =
        Ranks.run(
            InProcessCollective.group(2, patience),
            collective -> {
              if (collective.rank() == 1) {
                interrupted.set(true);
                return null;
              }
              collective.sum(new long[10]);
              return null;
            });
    assertThat(ends.get(1).failure()).isNull();
    assertThat(SparkPeftException.exitCodeOf(ends.get(0).failure())).isEqualTo(ExitCode.TRY_AGAIN);
  }

  @Test
  void ranksOutOfStepAreTold() throws Exception {
    List<Ranks.End<Void>> ends =
        Ranks.run(
            InProcessCollective.group(2),
            collective -> {
              collective.sum(new long[10 + collective.rank()]);
              return null;
            });
    Ranks.End<Void> first =
        ends.stream().filter(e -> code(e) == ExitCode.INTERNAL).findFirst().orElseThrow();
    assertThat(first.failure())
        .hasMessageContaining("all-reduce different things")
        .hasMessageContaining("all-reduce 1 over 10 values")
        .hasMessageContaining("all-reduce 1 over 11 values");
  }

  private static ExitCode code(Ranks.End<?> end) {
    return SparkPeftException.exitCodeOf(end.failure());
  }

  private static void assertTryAgain(Throwable failure, String text) {
    assertThat(failure).isInstanceOf(SparkPeftException.class).hasMessageContaining(text);
    assertThat(SparkPeftException.exitCodeOf(failure)).isEqualTo(ExitCode.TRY_AGAIN);
  }

  private static float[] gradient(int microBatch) {
    Random random = new Random(microBatch);
    float[] values = new float[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      values[i] = (float) (random.nextGaussian() * 0.01);
    }
    return values;
  }
}
