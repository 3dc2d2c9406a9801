package io.sparkpeft.spark.telemetry;

import java.sql.Timestamp;
import java.util.List;
import java.util.OptionalDouble;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** The Delta table train_runs: one row for every run. */
public final class TrainRunsTable {
  private static final StructType SCHEMA =
      StructType.fromDDL(
          """
          run_id STRING NOT NULL,
          status STRING NOT NULL COMMENT 'done or failed',
          recipe_sha256 STRING,
          model_sha256 STRING,
          quantization STRING COMMENT 'of the base, as nf4/64/nested',
          token_table STRING,
          token_table_version BIGINT,
          ranks INT,
          attempts INT,
          resumed_from_step BIGINT COMMENT '0 for a run in one piece',
          steps BIGINT,
          trainable_parameters BIGINT,
          loss_first DOUBLE COMMENT 'nats per target token',
          loss_last DOUBLE COMMENT 'nats per target token',
          validation_loss DOUBLE COMMENT 'nats per target token',
          tokens BIGINT,
          target_tokens BIGINT,
          tokens_per_second DOUBLE,
          adapter_path STRING,
          adapter_sha256 STRING,
          message STRING COMMENT 'why it failed',
          started_at TIMESTAMP NOT NULL,
          finished_at TIMESTAMP NOT NULL
          """);

  private final RunTable table;

  /**
   * @param root where the tables lie: a path or URI; this one lies in its folder train_runs
   */
  public TrainRunsTable(SparkSession session, String root) {
    table = new RunTable(session, root + "/train_runs", SCHEMA);
  }

  /**
   * Writes a run's row, in the place of an earlier one.
   *
   * @throws io.sparkpeft.base.SparkPeftException (73) if it cannot be written
   */
  public void replace(TrainRun run) {
    table.replace(run.runId(), "true", List.of(row(run)));
  }

  private static Row row(TrainRun run) {
    return RowFactory.create(
        run.runId(),
        run.status().name().toLowerCase(java.util.Locale.ROOT),
        run.recipeSha256(),
        run.modelSha256(),
        run.quantization().orElse(null),
        run.tokenTable(),
        run.tokenTableVersion(),
        run.ranks(),
        run.attempts(),
        run.resumedFromStep(),
        run.steps(),
        run.trainableParameters(),
        orNull(run.lossFirst()),
        orNull(run.lossLast()),
        orNull(run.validationLoss()),
        run.tokens(),
        run.targetTokens(),
        orNull(run.tokensPerSecond()),
        run.adapterPath().orElse(null),
        run.adapterSha256().orElse(null),
        run.message().orElse(null),
        Timestamp.from(run.startedAt()),
        Timestamp.from(run.finishedAt()));
  }

  private static Double orNull(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }
}
