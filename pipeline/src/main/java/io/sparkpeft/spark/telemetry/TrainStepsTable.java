package io.sparkpeft.spark.telemetry;

import io.sparkpeft.spark.telemetry.RunEvent.Stepped;
import io.sparkpeft.train.TrainEvents.StepEvent;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** The Delta table train_steps: a row for every optimizer step of every run. */
public final class TrainStepsTable {
  private static final StructType SCHEMA =
      StructType.fromDDL(
          """
          run_id STRING NOT NULL,
          step BIGINT NOT NULL COMMENT 'from 1',
          attempt INT NOT NULL COMMENT 'from 1: the one that took the step for good',
          epoch DOUBLE COMMENT 'passes over the training examples so far',
          loss DOUBLE COMMENT 'nats per target token of the global step',
          learning_rate DOUBLE,
          grad_norm DOUBLE COMMENT 'before clipping',
          tokens BIGINT COMMENT 'of all ranks, without padding',
          target_tokens BIGINT,
          tokens_per_second DOUBLE,
          step_seconds DOUBLE,
          all_reduce_seconds DOUBLE COMMENT 'waiting for other ranks included',
          all_reduce_bytes BIGINT COMMENT 'sent by one rank',
          recorded_at TIMESTAMP NOT NULL,
          validation_loss DOUBLE COMMENT 'nats per target token after the step, where it was measured'
          """);

  private final RunTable table;

  /**
   * @param root where the tables lie: a path or URI; this one lies in its folder train_steps
   */
  public TrainStepsTable(SparkSession session, String root) {
    table = new RunTable(session, root + "/train_steps", SCHEMA);
  }

  /**
   * Writes a run's steps in one commit. Rows of this run from the first of these steps on are
   * replaced: what is written twice stands there once, and a run that was resumed by a later job
   * keeps its earlier steps.
   *
   * @param steps in order, as {@link Telemetry#steps} gives them
   * @param validationLosses by the steps after which they were measured
   * @throws io.sparkpeft.base.SparkPeftException (73) if it cannot be written
   */
  public void replace(String runId, List<Stepped> steps, Map<Long, Double> validationLosses) {
    if (!steps.isEmpty()) {
      long first = steps.get(0).step().step();
      table.replace(
          runId,
          "step >= " + first,
          steps.stream().map(step -> row(runId, step, validationLosses)).toList());
    }
  }

  /** A run's steps, in order; none if it or the table is not there. */
  public List<TrainStep> steps(String runId) {
    return table.rows(runId).stream()
        .map(TrainStepsTable::step)
        .sorted(Comparator.comparingLong(TrainStep::step))
        .toList();
  }

  private static TrainStep step(Row row) {
    Double validationLoss = row.getAs("validation_loss");
    return new TrainStep(
        row.<Long>getAs("step"),
        row.<Integer>getAs("attempt"),
        row.<Double>getAs("epoch"),
        row.<Double>getAs("loss"),
        row.<Double>getAs("learning_rate"),
        row.<Double>getAs("grad_norm"),
        row.<Long>getAs("tokens"),
        row.<Double>getAs("tokens_per_second"),
        row.<Double>getAs("step_seconds"),
        validationLoss == null ? OptionalDouble.empty() : OptionalDouble.of(validationLoss));
  }

  private static Row row(String runId, Stepped stepped, Map<Long, Double> validationLosses) {
    StepEvent step = stepped.step();
    return RowFactory.create(
        runId,
        step.step(),
        stepped.origin().attempt(),
        step.epoch(),
        step.loss(),
        step.learningRate(),
        step.gradientNorm(),
        step.tokens(),
        step.targetTokens(),
        step.tokensPerSecond(),
        step.seconds(),
        step.allReduceSeconds(),
        step.bytesSent(),
        java.sql.Timestamp.from(stepped.origin().at()),
        validationLosses.get(step.step()));
  }
}
