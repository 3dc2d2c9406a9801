package io.sparkpeft.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.data.DataOrder;
import io.sparkpeft.data.MicroBatching;
import io.sparkpeft.data.StepPlan;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.train.GlobalStep.MicroBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GlobalStepTest {
  @TempDir Path folder;

  @Test
  void anEpochTakesEveryExampleOnceAndEndsWithAShortStep() {
    TokenFile file = Lessons.write(folder.resolve("lessons"), 50, 3);
    List<Integer> seen = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    for (int step = 0; step < 3; step++) {
      List<Integer> samples = samples(step(file, step).microBatches());
      sizes.add(samples.size());
      seen.addAll(samples);
    }
    assertThat(sizes).containsExactly(24, 24, 2);
    assertThat(seen).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 50).boxed().toList());
  }

  @Test
  void ranksShareAllMicroBatches() {
    TokenFile file = Lessons.write(folder.resolve("lessons"), 50, 3);
    GlobalStep step = step(file, 0);
    for (int ranks = 1; ranks <= 7; ranks++) {
      List<MicroBatch> shared = new ArrayList<>();
      for (int rank = 0; rank < ranks; rank++) {
        shared.addAll(step.ofRank(rank, ranks));
      }
      assertThat(shared).containsExactlyInAnyOrderElementsOf(step.microBatches());
    }
  }

  @Test
  void microBatchesAreAlike() {
    TokenFile file = Lessons.write(folder.resolve("lessons"), 50, 3);
    List<Integer> tokens =
        step(file, 0).microBatches().stream().map(m -> m.tokens(file).tokens().length).toList();
    int longest =
        samples(step(file, 0).microBatches()).stream()
            .map(file::tokenCount)
            .max(Integer::compare)
            .orElseThrow();
    assertThat(tokens).isSortedAccordingTo((a, b) -> b - a);
    assertThat(tokens.get(0) - tokens.get(tokens.size() - 1)).isLessThan(longest);
  }

  @Test
  void packingTakesTheSameExamplesInFewerMicroBatches() {
    TokenFile file = Lessons.write(folder.resolve("lessons"), 50, 3);
    GlobalStep packed =
        GlobalStep.of(
            file,
            new DataOrder(5, file.size()),
            new StepPlan(50, 24),
            0,
            new MicroBatching.Packed(200));
    assertThat(samples(packed.microBatches()))
        .containsExactlyInAnyOrderElementsOf(samples(step(file, 0).microBatches()));
    assertThat(packed.tokens()).isEqualTo(step(file, 0).tokens());
    assertThat(packed.microBatches())
        .allMatch(m -> m.tokens(file).tokens().length <= 200)
        .hasSizeLessThan(step(file, 0).microBatches().size());
  }

  @Test
  void countsAreTheExamplesOwn() {
    TokenFile file = Lessons.write(folder.resolve("lessons"), 50, 3);
    GlobalStep step = GlobalStep.ofAll(file, new MicroBatching.Examples(8));
    assertThat(step.tokens()).isEqualTo(IntStream.range(0, 50).map(file::tokenCount).sum());
    assertThat(step.targetTokens()).isEqualTo(IntStream.range(0, 50).map(file::targetCount).sum());
    MicroBatch first = step.microBatches().get(0);
    assertThat(first.tokens(file).samples()).isEqualTo(first.positions());
  }

  private static GlobalStep step(TokenFile file, int step) {
    return GlobalStep.of(
        file,
        new DataOrder(5, file.size()),
        new StepPlan(50, 24),
        step,
        new MicroBatching.Examples(5));
  }

  private static List<Integer> samples(List<MicroBatch> microBatches) {
    return microBatches.stream().flatMapToInt(m -> Arrays.stream(m.samples())).boxed().toList();
  }
}
