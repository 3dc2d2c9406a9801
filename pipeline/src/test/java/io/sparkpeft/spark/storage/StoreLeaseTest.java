package io.sparkpeft.spark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One driver at a time, where there are no locks. */
class StoreLeaseTest {
  /** Beats so seldom that it passes for dead. */
  private static final StoreLease.Rhythm DEAD =
      new StoreLease.Rhythm(Duration.ofHours(1), Duration.ofHours(1));

  private static final StoreLease.Rhythm IMPATIENT =
      new StoreLease.Rhythm(Duration.ofHours(1), Duration.ZERO);

  private static final StoreLease.Rhythm LIVELY =
      new StoreLease.Rhythm(Duration.ofMillis(200), Duration.ofSeconds(30));

  @TempDir static Path folder;
  private static S3Server server;
  private static String bucket;

  @BeforeAll
  static void startServer() {
    server = S3Server.start(folder);
    bucket = server.bucket("leases");
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void aSecondDriverIsToldWhoHoldsIt() {
    StoreLease first = take("a", LIVELY);
    assertThat(first.earlierHolder()).isEmpty();
    LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
    first.requireHeld();
    assertThatThrownBy(() -> take("a", LIVELY))
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.TRY_AGAIN))
        .hasMessageContaining(
            "Run a is at work already: process " + ProcessHandle.current().pid() + " on ");
    first.close();
    StoreLease second = take("a", LIVELY);
    assertThat(second.earlierHolder()).isEmpty();
    second.close();
  }

  @Test
  void ofADeadOneItIsTakenOverAndTheDeadOneNoticesWhenItComesBack() {
    StoreLease dead = take("b", DEAD);
    StoreLease living = take("b", IMPATIENT);
    assertThat(living.earlierHolder().orElseThrow())
        .startsWith("process " + ProcessHandle.current().pid() + " on ");
    assertThatThrownBy(dead::requireHeld)
        .isInstanceOf(SparkPeftException.class)
        .hasMessageContaining("Run b was taken over: process ")
        .hasMessageContaining("This driver was silent for so long that it passed for dead.");
    dead.close();
    living.requireHeld();
    living.close();
  }

  private static StoreLease take(String run, StoreLease.Rhythm rhythm) {
    return StoreLease.take(server.hadoop(), bucket + "/" + run + ".lease", "Run " + run, rhythm);
  }
}
