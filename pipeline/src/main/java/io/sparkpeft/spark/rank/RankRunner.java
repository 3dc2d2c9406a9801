package io.sparkpeft.spark.rank;

import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.spark.rank.RankOutcome.Success;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Runs one task per rank, all at the same time, and again from the start if bad luck ends an
 * attempt: one barrier stage per attempt, because Spark never repeats a barrier stage that yields a
 * result.
 */
public final class RankRunner {
  private static final String DESCRIPTION = "spark.job.description";

  private final SparkContext context;
  private final RankSettings settings;
  private final Consumer<String> messages;
  private final LostAttempts lost;

  /** Hears of attempts that ended by bad luck, on the calling thread. */
  @FunctionalInterface
  public interface LostAttempts {
    /**
     * @param attempt from 1
     * @param reason a clause for a person
     */
    void lost(int attempt, String reason);
  }

  /**
   * @param messages receives, on the calling thread, what a person should know: attempts that
   *     ended, waiting for slots
   */
  public RankRunner(SparkSession session, RankSettings settings, Consumer<String> messages) {
    this(session, settings, messages, (attempt, reason) -> {});
  }

  /** The same, telling somebody of lost attempts who wants more than words. */
  public RankRunner(
      SparkSession session, RankSettings settings, Consumer<String> messages, LostAttempts lost) {
    this.context = session.sparkContext();
    this.settings = settings;
    this.messages = messages;
    this.lost = lost;
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
    checkConfiguration();
    for (int attempt = 1; ; attempt++) {
      AttemptEnd<R> end = attempt(attempt, taskOfAttempt);
      if (end instanceof AttemptEnd.Done<R> done) {
        return result(done.ranks(), attempt);
      } else if (end instanceof AttemptEnd.Final<R> last) {
        throw last.failure();
      } else if (end instanceof AttemptEnd.Unlucky<R> unlucky) {
        giveUpOrTell(attempt, unlucky);
      }
    }
  }

  private void checkConfiguration() {
    SparkConf conf = context.conf();
    if (conf.getBoolean("spark.dynamicAllocation.enabled", false) && !context.isLocal()) {
      throw RankErrors.dynamicAllocation(settings.ranks());
    }
    if (conf.getBoolean("spark.authenticate.enableSaslEncryption", false)
        && !conf.getBoolean("spark.network.crypto.enabled", false)) {
      throw RankErrors.saslEncryption();
    }
    if (conf.getBoolean("spark.speculation", false)) {
      messages.accept(
          "spark.speculation does not concern ranks: Spark never doubles barrier tasks");
    }
  }

  private <R> AttemptEnd<R> attempt(int attempt, IntFunction<RankTask<R>> taskOfAttempt) {
    try {
      new SlotCount(context).await(settings.ranks(), settings.slotWait(), messages);
      return AttemptEnd.of(launch(attempt, taskOfAttempt.apply(attempt)), attempt);
    } catch (ExecutionException e) {
      return AttemptEnd.of(e.getCause(), attempt);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new AttemptEnd.Final<>(RankErrors.cancelled(attempt, e));
    } catch (SparkPeftException e) {
      throw e;
    } catch (Exception e) {
      // Scala declares nothing: a task that cannot be serialized ends here.
      return AttemptEnd.of(e, attempt);
    }
  }

  private <R> List<RankOutcome<R>> launch(int attempt, RankTask<R> task)
      throws ExecutionException, InterruptedException {
    RankFunction<R> function =
        new RankFunction<>(attempt, UUID.randomUUID().toString(), settings.silence(), task);
    List<Integer> ranks = IntStream.range(0, settings.ranks()).boxed().toList();
    JavaRDD<Integer> oneEach =
        JavaSparkContext.fromSparkContext(context).parallelize(ranks, settings.ranks());
    String before = context.getLocalProperty(DESCRIPTION);
    context.setJobDescription("spark-peft: " + settings.ranks() + " ranks, attempt " + attempt);
    JavaFutureAction<List<RankOutcome<R>>> job =
        Barrier.mapPartitions(oneEach, function).collectAsync();
    context.setJobDescription(before);
    try {
      return job.get();
    } catch (InterruptedException e) {
      job.cancel(true);
      throw e;
    }
  }

  private void giveUpOrTell(int attempt, AttemptEnd.Unlucky<?> end) {
    lost.lost(attempt, end.reason());
    if (attempt >= settings.maxAttempts()) {
      throw RankErrors.attemptsUsedUp(attempt, end.reason(), end.cause());
    }
    messages.accept("attempt " + attempt + " ended: " + end.reason());
    messages.accept("starting attempt " + (attempt + 1) + " of at most " + settings.maxAttempts());
  }

  private static <R> RankRun<R> result(List<Success<R>> ranks, int attempts) {
    return new RankRun<>(
        ranks.stream().map(Success::result).toList(),
        ranks.stream().map(Success::place).toList(),
        attempts);
  }
}
