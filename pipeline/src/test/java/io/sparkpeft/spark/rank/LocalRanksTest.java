package io.sparkpeft.spark.rank;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.spark.telemetry.RankEvents;
import io.sparkpeft.spark.telemetry.RunEvent;
import io.sparkpeft.spark.telemetry.Telemetry;
import io.sparkpeft.spark.telemetry.TelemetrySource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranks as threads of one process, under a local master: the same ring, the same events. */
@Timeout(600)
class LocalRanksTest {

  @Test
  void threeThreadsSumAndTell() {
    SparkSession session = LocalCluster.local(3);
    List<RunEvent> events = new CopyOnWriteArrayList<>();
    try (Telemetry telemetry = Telemetry.open(session, "threads", events::add)) {
      TelemetrySource source = telemetry.source();
      RankRun<Long> run =
          new RankRunner(session, RankSettings.of(3), message -> {})
              .run(attempt -> context -> sumAndTell(context, source));
      assertThat(run.results()).containsExactly(6L, 6L, 6L);
      assertThat(run.ranks())
          .extracting(RankPlace::pid)
          .containsOnly(ProcessHandle.current().pid());
    }
    assertThat(events).hasSize(3);
  }

  private static long sumAndTell(RankContext context, TelemetrySource source) {
    try (RankEvents events = source.events(context.attempt(), context.rank())) {
      events.warning("hello");
      long[] values = {context.rank() + 1};
      context.collective().sum(values);
      return values[0];
    }
  }
}
