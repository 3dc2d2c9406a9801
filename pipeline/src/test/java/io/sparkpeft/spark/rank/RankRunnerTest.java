package io.sparkpeft.spark.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.collective.FixedPoint;
import io.sparkpeft.spark.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(600)
class RankRunnerTest {
  private static final int LENGTH = 1_000_003;
  private static final int MICRO_BATCHES = 12;

  private static SparkSession session;

  private final List<String> messages = new ArrayList<>();

  @BeforeAll
  static void awaitExecutors() throws InterruptedException {
    session = LocalCluster.session();
    new SlotCount(session.sparkContext()).await(2, Duration.ofMinutes(5), m -> {});
  }

  @Test
  void ranksInProcessesOfTheirOwnSumExactly() {
    RankRun<long[]> run = runner(RankSettings.of(2)).run(attempt -> RankRunnerTest::sumOfGradients);
    assertThat(run.attempts()).isEqualTo(1);
    assertThat(run.ranks()).extracting(RankPlace::rank).containsExactly(0, 1);
    assertThat(run.ranks()).extracting(RankPlace::pid).doesNotHaveDuplicates();
    assertThat(run.ranks())
        .extracting(RankPlace::pid)
        .doesNotContain(ProcessHandle.current().pid());
    assertThat(run.ranks()).allMatch(place -> place.bytesSent() >= LENGTH * 8L);
    long[] expected = serialSum();
    assertThat(run.results()).allMatch(sums -> Arrays.equals(sums, expected));
  }

  @Test
  void aKilledExecutorCostsOneAttempt(@TempDir Path folder) throws IOException {
    Path checkpoint = folder.resolve("step");
    RankRun<Integer> run =
        runner(RankSettings.of(2)).run(attempt -> new DiesOnce(attempt, checkpoint.toString()));
    assertThat(run.attempts()).isEqualTo(2);
    assertThat(Files.readString(checkpoint)).isEqualTo("10");
    assertThat(run.results()).containsExactly(10, 10);
    assertThat(messages).anyMatch(m -> m.startsWith("attempt 1 ended: "));
    assertThat(messages).contains("starting attempt 2 of at most 4");
  }

  @Test
  void aRanksOwnFailureEndsTheRunAtOnce() {
    SparkPeftException failure =
        catchThrowableOfType(
            SparkPeftException.class,
            () -> runner(RankSettings.of(2)).run(attempt -> RankRunnerTest::badData));
    assertThat(failure.exitCode()).isEqualTo(ExitCode.DATA);
    assertThat(failure)
        .hasMessageContaining("Rank 1 on 127.0.0.1 (pid ")
        .hasMessageContaining("failed in attempt 1. Record 17 has no answer.");
    assertThat(failure.getCause()).hasMessageContaining("RankRunnerTest.badData");
    assertThat(messages).noneMatch(m -> m.startsWith("starting attempt"));
  }

  @Test
  void anUnforeseenFailureNamesItsRank() {
    SparkPeftException failure =
        catchThrowableOfType(
            SparkPeftException.class,
            () -> runner(RankSettings.of(2)).run(attempt -> RankRunnerTest::bug));
    assertThat(failure.exitCode()).isEqualTo(ExitCode.INTERNAL);
    assertThat(failure)
        .hasMessageContaining("Rank 0 on ")
        .hasMessageContaining("java.lang.IllegalStateException: a bug");
  }

  @Test
  void badLuckIsTriedAgainOnlySoOften() {
    SparkPeftException failure =
        catchThrowableOfType(
            SparkPeftException.class,
            () ->
                runner(RankSettings.of(1).withMaxAttempts(2))
                    .run(attempt -> RankRunnerTest::unlucky));
    assertThat(failure.exitCode()).isEqualTo(ExitCode.TRY_AGAIN);
    assertThat(failure)
        .hasMessageContaining("The run ended after 2 attempts. The last one: Rank 0");
  }

  @Test
  void tooFewSlotsAreSaidClearly() {
    SparkPeftException failure =
        catchThrowableOfType(
            SparkPeftException.class,
            () ->
                runner(RankSettings.of(5).withSlotWait(Duration.ofSeconds(1)))
                    .run(attempt -> context -> 0));
    assertThat(failure.exitCode()).isEqualTo(ExitCode.NO_SLOTS);
    assertThat(failure)
        .hasMessageStartingWith("5 ranks need 5 task slots at the same time, but there are 2.")
        .hasMessageContaining("2 executors for tasks of 1 cores each")
        .hasMessageContaining("Set train.ranks to 2 or fewer");
  }

  @ParameterizedTest
  @CsvSource({
    "spark.dynamicAllocation.enabled, --conf spark.executor.instances=2",
    "spark.authenticate.enableSaslEncryption, --conf spark.network.crypto.enabled=true"
  })
  void whatNoBarrierStageOrGradientBearsIsRefused(String setting, String wayOut) {
    session.sparkContext().conf().set(setting, "true");
    try {
      SparkPeftException failure =
          catchThrowableOfType(
              SparkPeftException.class,
              () -> runner(RankSettings.of(2)).run(attempt -> context -> 0));
      assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
      assertThat(failure)
          .hasMessageStartingWith("Cannot run ")
          .hasMessageContaining(setting + "=true")
          .hasMessageContaining(wayOut);
    } finally {
      session.sparkContext().conf().set(setting, "false");
    }
  }

  @Test
  void aTaskThatCannotBeSerializedIsNoBadLuck() {
    Object notSerializable = new Object();
    SparkPeftException failure =
        catchThrowableOfType(
            SparkPeftException.class,
            () -> runner(RankSettings.of(1)).run(attempt -> context -> notSerializable.hashCode()));
    assertThat(failure.exitCode()).isEqualTo(ExitCode.INTERNAL);
    assertThat(failure).hasMessageContaining("Task not serializable");
  }

  private RankRunner runner(RankSettings settings) {
    return new RankRunner(session, settings, messages::add);
  }

  private static long[] sumOfGradients(RankContext context) {
    long[] sums = new long[LENGTH];
    for (int i = context.rank(); i < MICRO_BATCHES; i += context.ranks()) {
      FixedPoint.accumulate(gradient(i), sums);
    }
    context.collective().sum(sums);
    return sums;
  }

  private static long[] serialSum() {
    long[] sums = new long[LENGTH];
    for (int i = 0; i < MICRO_BATCHES; i++) {
      FixedPoint.accumulate(gradient(i), sums);
    }
    return sums;
  }

  private static float[] gradient(int microBatch) {
    Random random = new Random(microBatch);
    float[] values = new float[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      values[i] = (float) (random.nextGaussian() * 0.01);
    }
    return values;
  }

  private static Integer badData(RankContext context) {
    if (context.rank() == 1) {
      throw SparkPeftException.of(ExitCode.DATA, "Record 17 has no answer.", "Why.", "Mend it.");
    }
    context.collective().sum(new long[10]);
    return 0;
  }

  private static Integer bug(RankContext context) {
    if (context.rank() == 0) {
      throw new IllegalStateException("a bug");
    }
    context.collective().sum(new long[10]);
    return 0;
  }

  private static Integer unlucky(RankContext context) {
    throw SparkPeftException.of(ExitCode.TRY_AGAIN, "Bad luck.", "Why.", "Try again.");
  }

  /** Ten steps with a checkpoint after each; in the first attempt rank 1 kills its process. */
  private record DiesOnce(int attempt, String checkpoint) implements RankTask<Integer> {

    @Override
    public Integer run(RankContext context) throws Exception {
      Path file = Path.of(checkpoint);
      int step = Files.exists(file) ? Integer.parseInt(Files.readString(file)) : 0;
      // All ranks have read the checkpoint before any writes the next.
      context.collective().sum(new long[1]);
      while (step < 10) {
        if (attempt == 1 && context.rank() == 1 && step == 5) {
          new ProcessBuilder("kill", "-9", Long.toString(context.pid())).start().waitFor();
        }
        long[] one = {1};
        context.collective().sum(one);
        step += (int) one[0] / context.ranks();
        if (context.rank() == 0) {
          Files.writeString(file, Integer.toString(step));
        }
      }
      return step;
    }
  }
}
