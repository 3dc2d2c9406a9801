package io.sparkpeft.spark.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.collective.Patience;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.spark.rank.RingSecurity.AttemptSecret;
import io.sparkpeft.spark.telemetry.RankEvents;
import io.sparkpeft.spark.telemetry.RunEvent;
import io.sparkpeft.spark.telemetry.Telemetry;
import io.sparkpeft.spark.telemetry.TelemetrySource;
import io.sparkpeft.train.TrainEvents.StepEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranks under a Spark as it comes, which has no secret and not our plugin: a notebook's. */
@Timeout(600)
class PlainSessionTest {
  private static final String HOST = "127.0.0.1";
  private static SparkSession session;

  @BeforeAll
  static void start() {
    session = LocalCluster.plain(2);
  }

  @Test
  void theAttemptsOwnSecretLetsTheRanksMeet() {
    RankRun<Long> run =
        new RankRunner(session, RankSettings.of(2), message -> {})
            .run(attempt -> PlainSessionTest::sum);
    assertThat(run.results()).containsExactly(3L, 3L);
  }

  @Test
  void theAttemptsSecretIsAskedFor() throws IOException, InterruptedException {
    AttemptSecret secret = new AttemptSecret(Duration.ofMillis(200));
    try (SparkNetworkTransport server = listen(0, secret)) {
      try (SparkNetworkTransport early = listen(1, secretOf("right"))) {
        assertRefused(early, server);
      }
      secret.set("right");
      try (SparkNetworkTransport intruder = listen(1, secretOf("wrong"))) {
        assertRefused(intruder, server);
      }
      try (SparkNetworkTransport rank = listen(1, secretOf("right"))) {
        rank.connect(HOST, server.port());
      }
    }
  }

  /** Ranks leave the barrier one after another: the first must not find the next one unready. */
  @Test
  void aRankThatIsEarlyWaitsForItsNeighbour() throws Exception {
    AttemptSecret late = new AttemptSecret();
    try (SparkNetworkTransport server = listen(0, late);
        SparkNetworkTransport rank = listen(1, secretOf("right"))) {
      CompletableFuture<Void> connected = CompletableFuture.runAsync(() -> connect(rank, server));
      assertThatThrownBy(() -> connected.get(200, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      late.set("right");
      connected.get(10, TimeUnit.SECONDS);
    }
  }

  private static void connect(SparkNetworkTransport client, SparkNetworkTransport server) {
    try {
      client.connect(HOST, server.port());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void everyAttemptsSecretIsAnother() {
    assertThat(AttemptSecret.random()).matches("[0-9a-f]{64}").isNotEqualTo(AttemptSecret.random());
  }

  @Test
  void eventsArriveAtTheEndWithoutThePlugin() {
    List<RunEvent> events = new CopyOnWriteArrayList<>();
    assertThat(Telemetry.isConfigured(session)).isFalse();
    assertThat(Telemetry.howToConfigure()).contains("spark.plugins=io.sparkpeft.spark.telemetry.");
    try (Telemetry telemetry = Telemetry.open(session, "plain", events::add)) {
      TelemetrySource source = telemetry.source();
      new RankRunner(session, RankSettings.of(2), message -> {})
          .run(attempt -> context -> tell(context, source));
      assertThat(events).isEmpty();
      assertThat(telemetry.steps()).extracting(s -> s.step().step()).containsExactly(1L, 2L, 3L);
      assertThat(telemetry.steps()).hasSize(3);
    }
    assertThat(events).hasSize(3);
  }

  private static Long sum(RankContext context) {
    long[] values = {context.rank() + 1};
    context.collective().sum(values);
    return values[0];
  }

  private static Integer tell(RankContext context, TelemetrySource source) {
    try (RankEvents events = source.events(context.attempt(), context.rank())) {
      for (long step = 1; step <= 3; step++) {
        events.step(new StepEvent(step, 3, 0.1, 2.5, 3e-4, 0.9, 1000, 600, 2.5, 0.01, 4096));
      }
    }
    context.collective().sum(new long[1]); // all are there before the first leaves
    return 0;
  }

  private static AttemptSecret secretOf(String value) {
    AttemptSecret secret = new AttemptSecret();
    secret.set(value);
    return secret;
  }

  private static SparkNetworkTransport listen(int rank, AttemptSecret secret) {
    Duration silence = Duration.ofSeconds(10);
    return SparkNetworkTransport.listen(
        rank,
        2,
        "attempt",
        HOST,
        RingSecurity.of(SparkEnv.get(), secret, silence),
        new Patience(silence, () -> false));
  }

  private static void assertRefused(SparkNetworkTransport client, SparkNetworkTransport server) {
    assertThatThrownBy(() -> client.connect(HOST, server.port()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no authenticated connection to " + HOST);
  }
}
