package io.sparkpeft.spark.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.spark.rank.RankContext;
import io.sparkpeft.spark.rank.RankRunner;
import io.sparkpeft.spark.rank.RankSettings;
import io.sparkpeft.spark.rank.RankTask;
import io.sparkpeft.spark.telemetry.RunEvent.Said;
import io.sparkpeft.spark.telemetry.RunEvent.Stepped;
import io.sparkpeft.train.TrainEvents.StepEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(600)
class TelemetryTest {
  private static SparkSession session;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    session = LocalCluster.session();
  }

  /** Rank 0 goes on only when the driver has heard its first step: a late event would hang it. */
  @Test
  void eventsArriveWhileTheRanksRun() {
    Path heard = folder.resolve("heard");
    BlockingQueue<RunEvent> events = new LinkedBlockingQueue<>();
    try (Telemetry telemetry =
        Telemetry.open(session, "live", event -> hear(event, events, heard))) {
      TelemetrySource source = telemetry.source();
      int last = runner().run(attempt -> new TenSteps(source, heard.toString())).attempts();
      assertThat(telemetry.steps()).extracting(s -> s.step().step()).containsExactly(steps(1, 10));
      assertThat(
              events.stream()
                  .filter(event -> event.origin().attempt() == last)
                  .filter(Said.class::isInstance)
                  .map(event -> ((Said) event).message()))
          .containsExactly("rank 1: slow disk");
    }
  }

  @Test
  void ofAStepTakenTwiceTheLastAttemptCounts() {
    try (Telemetry telemetry = Telemetry.open(session, "twice", event -> {})) {
      EventInbox.deliver(List.of(stepped(1, 1), stepped(1, 2), stepped(1, 3)));
      EventInbox.deliver(List.of(stepped(2, 3), stepped(2, 4)));
      assertThat(telemetry.steps()).extracting(s -> s.step().step()).containsExactly(steps(1, 4));
      assertThat(telemetry.steps())
          .extracting(s -> s.origin().attempt())
          .containsExactly(1, 1, 2, 2);
    }
  }

  @Test
  void stepsStandInTheTableOnceHoweverOftenTheyAreWritten() {
    TrainStepsTable table = new TrainStepsTable(session, folder.toString());
    table.replace("it's", List.of(stepped(1, 1), stepped(1, 2), stepped(1, 3)), Map.of(2L, 1.5));
    table.replace("other", List.of(stepped(1, 1)), Map.of());
    table.replace("it's", List.of(stepped(2, 3), stepped(2, 4)), Map.of());
    table.replace("it's", List.of(stepped(2, 3), stepped(2, 4)), Map.of(4L, 1.25));
    List<Row> rows =
        session
            .read()
            .format("delta")
            .load(folder + "/train_steps")
            .where("run_id = \"it's\"")
            .orderBy("step")
            .collectAsList();
    assertThat(rows).extracting(row -> row.<Long>getAs("step")).containsExactly(1L, 2L, 3L, 4L);
    assertThat(rows).extracting(row -> row.<Integer>getAs("attempt")).containsExactly(1, 1, 2, 2);
    assertThat(rows.get(0).<Double>getAs("tokens_per_second")).isEqualTo(400.0);
    assertThat(rows)
        .extracting(row -> row.<Double>getAs("validation_loss"))
        .containsExactly(null, 1.5, null, 1.25);
    assertThat(session.read().format("delta").load(folder + "/train_steps").count()).isEqualTo(5);
  }

  @Test
  void aRunHasOneRow() {
    TrainRunsTable table = new TrainRunsTable(session, folder.toString());
    table.replace(run(TrainRun.Status.FAILED));
    table.replace(run(TrainRun.Status.DONE));
    List<Row> rows = session.read().format("delta").load(folder + "/train_runs").collectAsList();
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).<String>getAs("status")).isEqualTo("done");
    assertThat(rows.get(0).<Double>getAs("loss_first")).isEqualTo(3.5);
    assertThat(rows.get(0).<Double>getAs("validation_loss")).isNull();
  }

  private static RankRunner runner() {
    RankSettings settings = RankSettings.of(2).withSlotWait(Duration.ofMinutes(5));
    return new RankRunner(session, settings, message -> {});
  }

  private static void hear(RunEvent event, BlockingQueue<RunEvent> events, Path heard) {
    events.add(event);
    if (event instanceof Stepped) {
      heard.toFile().mkdir();
    }
  }

  /** Ten steps; rank 0 waits after the first until the driver has made a folder. */
  private record TenSteps(TelemetrySource source, String heard) implements RankTask<Integer> {

    @Override
    public Integer run(RankContext context) throws Exception {
      try (RankEvents events = source.events(context.attempt(), context.rank())) {
        if (context.rank() == 1) {
          events.warning("slow disk");
        }
        for (long step = 1; step <= 10; step++) {
          events.step(step(step));
          while (context.rank() == 0 && !Files.exists(Path.of(heard))) {
            Thread.sleep(20);
          }
        }
      }
      return 0;
    }
  }

  private static Long[] steps(long first, long last) {
    return java.util.stream.LongStream.rangeClosed(first, last).boxed().toArray(Long[]::new);
  }

  private static Stepped stepped(int attempt, long step) {
    return new Stepped(
        new RunEvent.Origin("twice", attempt, 0, Instant.ofEpochSecond(step)), step(step));
  }

  private static StepEvent step(long step) {
    return new StepEvent(step, 10, 0.1 * step, 2.5, 3e-4, 0.9, 1000, 600, 2.5, 0.01, 4096);
  }

  private static TrainRun run(TrainRun.Status status) {
    return new TrainRun(
        "run",
        status,
        "recipe",
        "model",
        Optional.of("nf4/64/nested"),
        "tokens",
        3,
        2,
        1,
        0,
        10,
        1024,
        OptionalDouble.of(3.5),
        OptionalDouble.of(1.25),
        OptionalDouble.empty(),
        10_000,
        6_000,
        OptionalDouble.of(400),
        Optional.of("runs/x/adapter"),
        Optional.of("hash"),
        Optional.empty(),
        Instant.EPOCH,
        Instant.EPOCH.plusSeconds(25),
        Optional.empty());
  }
}
