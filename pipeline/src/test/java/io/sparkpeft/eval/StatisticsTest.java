package io.sparkpeft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class StatisticsTest {

  @Test
  void oneValueHasNoStandardError() {
    assertThat(Statistics.meanStderr(new double[] {1})).isEmpty();
    assertThat(Statistics.meanStderr(new double[] {0, 1}).getAsDouble())
        .isCloseTo(0.5, within(1e-15));
  }

  @Test
  void signTestCountsFairCoins() {
    assertThat(Statistics.signTest(0, 0)).isEqualTo(1);
    assertThat(Statistics.signTest(5, 5)).isEqualTo(1);
    assertThat(Statistics.signTest(0, 5)).isCloseTo(2.0 / 32, within(1e-12));
    assertThat(Statistics.signTest(9, 1)).isCloseTo(2.0 * 11 / 1024, within(1e-12));
    assertThat(Statistics.signTest(3000, 0)).isBetween(0.0, 1e-300);
  }

  @Test
  void pairedDifferenceSeesOnlyWhatChanged() {
    PairedDifference difference =
        PairedDifference.of("t", "acc", new double[] {0, 0, 1, 1, 0}, new double[] {1, 1, 1, 0, 1});
    assertThat(difference.difference()).isCloseTo(0.4, within(1e-15));
    assertThat(difference.improved()).isEqualTo(3);
    assertThat(difference.worsened()).isEqualTo(1);
    assertThat(difference.stderr().getAsDouble())
        .isCloseTo(Math.sqrt((3 * 0.36 + 0.16 + 1.96) / 4 / 5), within(1e-12));
    assertThat(difference.pValue()).isCloseTo(2.0 * 5 / 16, within(1e-12));
  }

  @Test
  void perplexityWeighsTokensAlikeAndItsErrorIsThatOfResampledRecords() {
    Random random = new Random(5);
    int records = 400;
    long[] targets = random.longs(records, 1, 60).toArray();
    double[] sums = new double[records];
    for (int i = 0; i < records; i++) {
      sums[i] = -targets[i] * (2 + random.nextGaussian() / 2);
    }

    TaskScore loss = Perplexity.scores(sums, targets, "train", records).get(0);
    TaskScore perplexity = Perplexity.scores(sums, targets, "train", records).get(1);

    assertThat(loss.value()).isCloseTo(ratio(sums, targets, identity(records)), within(1e-12));
    assertThat(perplexity.value()).isCloseTo(Math.exp(loss.value()), within(1e-12));
    double[] resampled =
        DoubleStream.generate(
                () -> ratio(sums, targets, random.ints(records, 0, records).toArray()))
            .limit(4000)
            .toArray();
    double bootstrap = deviation(resampled);
    assertThat(loss.stderr().getAsDouble()).isCloseTo(bootstrap, within(0.1 * bootstrap));
    assertThat(perplexity.stderr().getAsDouble())
        .isCloseTo(perplexity.value() * loss.stderr().getAsDouble(), within(1e-12));
  }

  private static double deviation(double[] values) {
    return Statistics.meanStderr(values).getAsDouble() * Math.sqrt(values.length);
  }

  private static int[] identity(int size) {
    return IntStream.range(0, size).toArray();
  }

  @Test
  void aChangeOfPerplexityHasTheErrorOfRecordsResampledTogether() {
    Random random = new Random(6);
    int records = 300;
    long[] targets = random.longs(records, 1, 60).toArray();
    double[] first = new double[records];
    double[] second = new double[records];
    for (int i = 0; i < records; i++) {
      double difficulty = random.nextGaussian();
      first[i] = -targets[i] * (3 + difficulty + random.nextGaussian() / 5);
      second[i] = -targets[i] * (2 + difficulty + random.nextGaussian() / 5);
    }
    PairedDifference loss = Perplexity.difference("loss", first, second, targets).orElseThrow();
    PairedDifference perplexity =
        Perplexity.difference("perplexity", first, second, targets).orElseThrow();

    int[] all = identity(records);
    double before = ratio(first, targets, all);
    double after = ratio(second, targets, all);
    assertThat(loss.difference()).isCloseTo(after - before, within(1e-12));
    assertThat(perplexity.difference()).isCloseTo(Math.exp(after) - Math.exp(before), within(1e-9));
    assertThat(Perplexity.difference("acc", first, second, targets)).isEmpty();
    double[] losses = new double[4000];
    double[] perplexities = new double[losses.length];
    for (int i = 0; i < losses.length; i++) {
      int[] drawn = random.ints(records, 0, records).toArray();
      losses[i] = ratio(second, targets, drawn) - ratio(first, targets, drawn);
      perplexities[i] =
          Math.exp(ratio(second, targets, drawn)) - Math.exp(ratio(first, targets, drawn));
    }
    assertThat(loss.stderr().getAsDouble())
        .isCloseTo(deviation(losses), Percentage.withPercentage(5));
    assertThat(perplexity.stderr().getAsDouble())
        .isCloseTo(deviation(perplexities), Percentage.withPercentage(10));
  }

  private static double ratio(double[] sums, long[] targets, int[] records) {
    double sum = 0;
    long count = 0;
    for (int record : records) {
      sum -= sums[record];
      count += targets[record];
    }
    return sum / count;
  }
}
