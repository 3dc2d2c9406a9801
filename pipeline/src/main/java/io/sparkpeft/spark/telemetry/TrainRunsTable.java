package io.sparkpeft.spark.telemetry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.spark.telemetry.TrainRun.Details;
import java.sql.Timestamp;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
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
          finished_at TIMESTAMP NOT NULL,
          model_path STRING,
          code_version STRING,
          recipe STRING COMMENT 'JSON: each key with its value and origin',
          plan STRING COMMENT 'JSON: what the job plan says',
          measured STRING COMMENT 'JSON: seconds, memory, ranks, lost attempts'
          """);

  private static final int SHOWN_RUNS = 5;

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

  /**
   * A run's row.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) with the newest runs there are, if it is not
   *     there
   */
  public TrainRun run(String runId) {
    return table.rows(runId).stream()
        .findFirst()
        .map(TrainRunsTable::run)
        .orElseThrow(
            () ->
                TelemetryErrors.noRun(
                    runId, table.path(), table.newestRuns("started_at", SHOWN_RUNS)));
  }

  private static TrainRun run(Row row) {
    return new TrainRun(
        row.getAs("run_id"),
        TrainRun.Status.valueOf(row.<String>getAs("status").toUpperCase(Locale.ROOT)),
        row.getAs("recipe_sha256"),
        row.getAs("model_sha256"),
        Optional.ofNullable(row.getAs("quantization")),
        row.getAs("token_table"),
        row.<Long>getAs("token_table_version"),
        row.<Integer>getAs("ranks"),
        row.<Integer>getAs("attempts"),
        row.<Long>getAs("resumed_from_step"),
        row.<Long>getAs("steps"),
        row.<Long>getAs("trainable_parameters"),
        optional(row, "loss_first"),
        optional(row, "loss_last"),
        optional(row, "validation_loss"),
        row.<Long>getAs("tokens"),
        row.<Long>getAs("target_tokens"),
        optional(row, "tokens_per_second"),
        Optional.ofNullable(row.getAs("adapter_path")),
        Optional.ofNullable(row.getAs("adapter_sha256")),
        Optional.ofNullable(row.getAs("message")),
        row.<Timestamp>getAs("started_at").toInstant(),
        row.<Timestamp>getAs("finished_at").toInstant(),
        details(row));
  }

  private static Optional<Details> details(Row row) {
    if (row.isNullAt(row.fieldIndex("recipe"))) {
      return Optional.empty();
    }
    return Optional.of(
        new Details(
            row.getAs("model_path"),
            row.getAs("code_version"),
            json(row, "recipe"),
            json(row, "plan"),
            json(row, "measured")));
  }

  private static ObjectNode json(Row row, String column) {
    try {
      return (ObjectNode) Json.parse(row.getAs(column));
    } catch (JsonProcessingException e) {
      throw new AssertionError(column + " was written as JSON", e);
    }
  }

  private static OptionalDouble optional(Row row, String column) {
    Double value = row.getAs(column);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  private static Row row(TrainRun run) {
    return RowFactory.create(
        run.runId(),
        run.status().name().toLowerCase(Locale.ROOT),
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
        Timestamp.from(run.finishedAt()),
        detail(run, Details::modelPath),
        detail(run, Details::codeVersion),
        detail(run, details -> details.recipe().toString()),
        detail(run, details -> Json.compact(details.plan())),
        detail(run, details -> Json.compact(details.measured())));
  }

  private static String detail(TrainRun run, Function<Details, String> text) {
    return run.details().map(text).orElse(null);
  }

  private static Double orNull(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }
}
