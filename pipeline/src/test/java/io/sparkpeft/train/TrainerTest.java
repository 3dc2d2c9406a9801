package io.sparkpeft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.data.MicroBatches;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.train.TrainEvents.StepEvent;
import io.sparkpeft.train.TrainEvents.Validated;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  @TempDir Path folder;

  private TokenFile lessons;

  @BeforeEach
  void write() {
    lessons = Lessons.write(folder.resolve("lessons"), 50, 1);
  }

  /** Remembers what it is told. */
  private static final class Recorder implements TrainEvents {
    private final List<StepEvent> steps = new ArrayList<>();
    private final List<Validated> validations = new ArrayList<>();

    @Override
    public void step(StepEvent event) {
      steps.add(event);
    }

    @Override
    public void validated(Validated event) {
      validations.add(event);
    }
  }

  private Rehearsal rehearsal() {
    return new Rehearsal(lessons);
  }

  @Test
  void learns() {
    Recorder recorder = new Recorder();
    TrainResult result =
        rehearsal().settings(Rehearsal.settings(50, 4, 60)).events(recorder).run().get(0);
    assertThat(result.lossFirst()).isCloseTo(Math.log(Lessons.VOCABULARY), within(1e-6));
    assertThat(result.lossLast()).isLessThan(0.5);
    assertThat(result.steps()).isEqualTo(60);
    assertThat(recorder.steps).hasSize(60);
    assertThat(recorder.steps.get(0).learningRate()).isZero();
    assertThat(recorder.steps.get(59).epoch()).isEqualTo(60);
    assertThat(result.tokens()).isEqualTo(60 * count(lessons::tokenCount));
    assertThat(result.targetTokens()).isEqualTo(60 * count(lessons::targetCount));
    assertThat(result.tokensPerSecond() / result.targetTokensPerSecond())
        .isCloseTo((double) result.tokens() / result.targetTokens(), within(1e-9));
    assertThat(result.peakMemoryBytes()).isGreaterThan(10 << 20);
  }

  @Test
  void anyNumberOfRanksAndWorkersGivesTheSameBits() {
    // 24 examples by 5s are 5 micro-batches, which neither 2 nor 3 ranks share evenly.
    TrainSettings settings = Rehearsal.settings(24, 5, 10);
    String alone = rehearsal().settings(settings).run().get(0).adapterSha256();
    for (int ranks = 1; ranks <= 3; ranks++) {
      for (int workers = 1; workers <= 2; workers++) {
        List<TrainResult> results =
            rehearsal().settings(settings).ranks(ranks).workers(workers).run();
        assertThat(results)
            .as("%d ranks of %d workers", ranks, workers)
            .extracting(TrainResult::adapterSha256)
            .containsOnly(alone);
      }
    }
  }

  @Test
  void sharesOfRanksDifferByOneMicroBatchAtMost() {
    List<TrainResult> results = rehearsal().settings(Rehearsal.settings(20, 4, 1)).ranks(3).run();
    assertThat(results).extracting(TrainResult::microBatches).containsExactly(2L, 2L, 1L);
    assertThat(results).allSatisfy(result -> assertThat(result.bytesSent()).isPositive());
  }

  @Test
  void oneRanksGradientReachesTheResult() {
    String usual = rehearsal().ranks(2).run().get(0).adapterSha256();
    List<TrainResult> altered = rehearsal().ranks(2).gradients(TrainerTest::nudgedOnRank1).run();
    assertThat(altered.get(0).adapterSha256())
        .isEqualTo(altered.get(1).adapterSha256())
        .isNotEqualTo(usual);
  }

  private static GradientSource nudgedOnRank1(int rank, GradientSource source) {
    return (batch, lossScale, dropoutSeed, gradient) -> {
      double loss = source.lossAndGradient(batch, lossScale, dropoutSeed, gradient);
      gradient[0] += rank == 1 ? 1e-4f : 0;
      return loss;
    };
  }

  @Test
  void lossIsTheMeanOverAllTargetsWhateverTheMicroBatches() {
    Recorder single = new Recorder();
    Recorder many = new Recorder();
    rehearsal().settings(Rehearsal.settings(24, 24, 12)).events(single).run();
    rehearsal().settings(Rehearsal.settings(24, 1, 12)).events(many).run();
    for (int step = 0; step < 12; step++) {
      StepEvent one = single.steps.get(step);
      StepEvent other = many.steps.get(step);
      assertThat(other.loss()).isCloseTo(one.loss(), within(1e-6));
      assertThat(other.gradientNorm()).isCloseTo(one.gradientNorm(), within(1e-6));
      assertThat(other.targetTokens()).isEqualTo(one.targetTokens());
    }
  }

  @Test
  void theShortLastStepOfAnEpochIsDividedByItsOwnTargets() {
    // 50 examples in steps of 24: the third step has two. With a rate of 0 nothing is learned.
    TrainSettings still = rate(Rehearsal.settings(24, 4, 3), 0);
    Recorder recorder = new Recorder();
    rehearsal().settings(still).events(recorder).run();
    assertThat(recorder.steps)
        .allSatisfy(s -> assertThat(s.loss()).isCloseTo(Math.log(11), within(1e-9)));
    assertThat(recorder.steps.stream().mapToLong(StepEvent::targetTokens).sum())
        .isEqualTo(count(lessons::targetCount));
  }

  @Test
  void resumesBitForBit() {
    CheckpointStore store = store("resumes");
    String whole = rehearsal().run().get(0).adapterSha256();
    assertThatThrownBy(() -> rehearsal().checkpoints(store).events(Rehearsal.dyingAfter(7)).run())
        .hasMessage("killed");
    Path latest = CheckpointStore.latest(folder.resolve("resumes"), this::unexpected).get();
    assertThat(CheckpointStore.stepOf(latest)).isEqualTo(4);
    List<TrainResult> resumed = rehearsal().ranks(2).checkpoints(store).resumeFrom(latest).run();
    assertThat(resumed)
        .allSatisfy(
            result -> {
              assertThat(result.adapterSha256()).isEqualTo(whole);
              assertThat(result.resumedFromStep()).isEqualTo(4);
              assertThat(result.steps()).isEqualTo(10);
            });
  }

  @Test
  void aResumedRunCountsTheWholeRun() {
    CheckpointStore store = store("counts");
    TrainResult whole = rehearsal().checkpoints(store).run().get(0);
    Path half = folder.resolve("counts/step-000008");
    TrainResult resumed = rehearsal().checkpoints(store).resumeFrom(half).run().get(0);
    assertThat(resumed.tokens()).isEqualTo(whole.tokens());
    assertThat(resumed.targetTokens()).isEqualTo(whole.targetTokens());
    assertThat(resumed.lossFirst()).isEqualTo(whole.lossFirst());
    assertThat(resumed.lossLast()).isEqualTo(whole.lossLast());
    assertThat(resumed.microBatches()).isLessThan(whole.microBatches());
  }

  @Test
  void aFinishedRunIsNotTrainedFurther() {
    CheckpointStore store = store("finished");
    TrainResult whole = rehearsal().checkpoints(store).run().get(0);
    Path last = CheckpointStore.latest(folder.resolve("finished"), this::unexpected).get();
    TrainResult again = rehearsal().checkpoints(store).resumeFrom(last).run().get(0);
    assertThat(again.adapterSha256()).isEqualTo(whole.adapterSha256());
    assertThat(again.microBatches()).isZero();
    assertThat(again.tokensPerSecond()).isZero();
  }

  @Test
  void dropoutHasAKeyOfItsOwnInEveryStep() {
    Set<Long> seeds = new ConcurrentSkipListSet<>();
    rehearsal()
        .gradients(
            (rank, source) ->
                (batch, scale, seed, gradient) -> {
                  seeds.add(seed);
                  return source.lossAndGradient(batch, scale, seed, gradient);
                })
        .run();
    assertThat(seeds).hasSize(10).doesNotContain(0L);
  }

  @Test
  void validationLossIsTheMeanOverItsTargets() {
    TokenFile held = Lessons.write(folder.resolve("held"), 7, 2);
    Recorder alone = new Recorder();
    Recorder together = new Recorder();
    TrainSettings still = rate(Rehearsal.settings(24, 3, 10), 0);
    rehearsal().settings(still).validation(held).events(alone).run();
    rehearsal().settings(still).validation(held).ranks(2).workers(2).events(together).run();
    assertThat(alone.validations).extracting(Validated::step).containsExactly(4L, 8L, 10L);
    assertThat(alone.validations)
        .extracting(Validated::loss)
        .allSatisfy(loss -> assertThat(loss).isCloseTo(meanLossUntrained(held), within(1e-9)));
    assertThat(together.validations)
        .extracting(Validated::loss)
        .containsExactlyElementsOf(alone.validations.stream().map(Validated::loss).toList());
  }

  private static double meanLossUntrained(TokenFile file) {
    try (PairAdapter adapter = new PairAdapter(Lessons.VOCABULARY, 3, 1)) {
      BigramModel model = new BigramModel(adapter, Lessons.VOCABULARY, 3);
      int[] all = IntStream.range(0, file.size()).toArray();
      var batch = MicroBatches.batch(file, all, new long[file.size()]);
      return model.loss(batch) / batch.targetCount();
    }
  }

  @Test
  void aGradientThatIsNoNumberEndsTheRunOnAllRanks() {
    Rehearsal rehearsal =
        rehearsal()
            .ranks(2)
            .gradients(
                (rank, source) ->
                    (batch, scale, seed, gradient) -> {
                      double loss = source.lossAndGradient(batch, scale, seed, gradient);
                      gradient[5] = rank == 1 ? Float.NaN : gradient[5];
                      return loss;
                    });
    assertThatThrownBy(rehearsal::run)
        .isInstanceOf(SparkPeftException.class)
        .hasMessageStartingWith(
            "Step 1 has a loss or a gradient that is not finite or too large to add up (loss 2.397")
        .hasMessageEndingWith(
            "The adapter has diverged at a learning rate of 0.0. Lower train.learning_rate, lengthen"
                + " train.warmup_steps, or set train.max_grad_norm.")
        .satisfies(e -> assertThat(SparkPeftException.exitCodeOf(e)).isEqualTo(ExitCode.DATA));
  }

  @Test
  void anAdapterThatNoGradientReachesIsRefused() {
    Rehearsal rehearsal =
        rehearsal()
            .gradients(
                (rank, source) ->
                    (batch, scale, seed, gradient) -> {
                      Arrays.fill(gradient, 0);
                      return 1;
                    });
    assertThatThrownBy(rehearsal::run)
        .hasMessage(
            "No gradient reached 1 of the adapter's modules in the first step:"
                + " base_model.model.head. They would never be trained. Leave them out of"
                + " adapter.target_modules, or report the base model's architecture.");
  }

  @Test
  void ranksWithDifferentAdaptersAreRefused() {
    Rehearsal rehearsal = rehearsal().ranks(3).adapterSeed((rank, seed) -> rank == 2 ? 9 : seed);
    assertThatThrownBy(rehearsal::run)
        .hasMessage(
            "After step 0 rank 2 has another adapter than rank 0. The ranks no longer train one"
                + " adapter. Give all ranks the same files, versions and kind of processor, and"
                + " resume from the last checkpoint.");
  }

  @Test
  void aFailingMicroBatchEndsTheRunWithItsCause() {
    Rehearsal rehearsal =
        rehearsal()
            .workers(2)
            .gradients(
                (rank, source) ->
                    (batch, scale, seed, gradient) -> {
                      throw new IllegalStateException("out of memory");
                    });
    assertThatThrownBy(rehearsal::run)
        .hasMessageStartingWith(
            "A micro-batch could not be computed. java.lang.IllegalStateException: out of memory.")
        .hasRootCauseMessage("out of memory");
  }

  @Test
  void anInterruptedRunCanBeTriedAgain() {
    Rehearsal rehearsal =
        rehearsal()
            .events(
                new TrainEvents() {
                  @Override
                  public void started(Started event) {
                    Thread.currentThread().interrupt();
                  }
                });
    assertThatThrownBy(rehearsal::run)
        .satisfies(e -> assertThat(SparkPeftException.exitCodeOf(e)).isEqualTo(ExitCode.TRY_AGAIN));
  }

  @Test
  void stopsBetweenStepsWhenAsked() {
    Recorder recorder = new Recorder();
    Rehearsal rehearsal =
        rehearsal().events(recorder).interruption(() -> recorder.steps.size() == 3);
    assertThatThrownBy(rehearsal::run)
        .hasMessage(
            "The training was interrupted. Its thread was asked to stop. Start it again: it resumes"
                + " from the last checkpoint.");
    assertThat(recorder.steps).hasSize(3);
  }

  private long count(IntUnaryOperator of) {
    return IntStream.range(0, lessons.size()).map(of).sum();
  }

  private CheckpointStore store(String name) {
    return new CheckpointStore(folder.resolve(name), CheckpointStoreTest.IDENTITY);
  }

  private void unexpected(String warning) {
    throw new AssertionError(warning);
  }

  private static TrainSettings rate(TrainSettings s, double learningRate) {
    return new TrainSettings(
        learningRate,
        s.weightDecay(),
        s.epochs(),
        s.maxSteps(),
        s.globalBatchSize(),
        s.batching(),
        s.optimizer(),
        s.schedule(),
        s.warmupSteps(),
        s.maxGradNorm(),
        s.seed(),
        s.saveSteps(),
        s.keepCheckpoints());
  }
}
