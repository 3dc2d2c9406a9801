package io.sparkpeft.spark.table;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.sparkpeft.base.Json;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The Delta table beside a token table that takes records which could not be understood. */
final class Rejects {
  private Rejects() {}

  /**
   * Appends once per run: {@code run_id, file, line, position, reason, record}.
   *
   * @throws io.sparkpeft.base.SparkPeftException (73) if they cannot be written
   */
  static void write(Dataset<Row> rows, PrepareSettings settings) {
    TableWrite.run(
        rows.sparkSession().sparkContext().hadoopConfiguration(),
        settings.rejectsTable(),
        () -> append(rows, settings));
  }

  private static void append(Dataset<Row> rows, PrepareSettings settings)
      throws InterruptedException {
    Dataset<Row> rejected =
        rows.filter(col("outcome").equalTo(TokenRows.BAD_RECORD))
            .select(
                lit(settings.runId()).as("run_id"),
                col("file"),
                col("line"),
                col("position"),
                col("reason"),
                col("record"));
    new RunAppend(rows.sparkSession(), settings.rejectsTable(), "spark-peft/rejects")
        .append(settings.runId(), rejected, Json.object());
  }
}
