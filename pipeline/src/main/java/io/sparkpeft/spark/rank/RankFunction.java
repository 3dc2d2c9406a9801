package io.sparkpeft.spark.rank;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.collective.Collective;
import io.sparkpeft.collective.Patience;
import io.sparkpeft.spark.TaskDevice;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskKilledException;
import org.apache.spark.api.java.function.FlatMapFunction;

/** The body of a rank's Spark task: joins the ring, runs the task, and always leaves the ring. */
final class RankFunction<R> implements FlatMapFunction<Iterator<Integer>, RankOutcome<R>> {
  private final int attempt;
  private final String attemptId;
  private final Duration silence;
  private final RankTask<R> task;

  RankFunction(int attempt, String attemptId, Duration silence, RankTask<R> task) {
    this.attempt = attempt;
    this.attemptId = attemptId;
    this.silence = silence;
    this.task = task;
  }

  @Override
  public Iterator<RankOutcome<R>> call(Iterator<Integer> unused) {
    BarrierTaskContext context = BarrierTaskContext.get();
    try {
      return List.of(run(context)).iterator();
    } catch (Throwable e) {
      if (context.isInterrupted()) {
        throw new TaskKilledException("told to stop");
      }
      return List.<RankOutcome<R>>of(failure(context, e)).iterator();
    }
  }

  private RankOutcome<R> run(BarrierTaskContext context) throws Exception {
    Patience patience = new Patience(silence, context::isInterrupted);
    try (Collective collective = Rendezvous.join(context, attemptId, patience)) {
      R result = task.run(describe(context, collective));
      return new RankOutcome.Success<>(place(context, collective.bytesSent()), result);
    }
  }

  private RankContext describe(BarrierTaskContext context, Collective collective) {
    RankPlace place = place(context, 0);
    return new RankContext(
        place.rank(),
        context.numPartitions(),
        attempt,
        collective,
        place.host(),
        place.pid(),
        context.cpus(),
        TaskDevice.gpuAddress(context.resourcesJMap()),
        context::isInterrupted);
  }

  private static RankPlace place(BarrierTaskContext context, long bytesSent) {
    return new RankPlace(
        context.partitionId(),
        SparkEnv.get().blockManager().blockManagerId().host(),
        ProcessHandle.current().pid(),
        bytesSent);
  }

  private static <R> RankOutcome<R> failure(BarrierTaskContext context, Throwable thrown) {
    ExitCode code = SparkPeftException.exitCodeOf(thrown);
    String message =
        thrown instanceof SparkPeftException ? thrown.getMessage() : RankErrors.unforeseen(thrown);
    return RankOutcome.Failure.of(place(context, 0), code, message, thrown);
  }
}
