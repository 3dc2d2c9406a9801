package io.sparkpeft.spark.telemetry;

import static org.apache.spark.sql.functions.col;

import io.delta.tables.DeltaTable;
import io.sparkpeft.base.Json;
import io.sparkpeft.spark.table.KnownColumns;
import io.sparkpeft.spark.table.TableCreation;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * A Delta table whose rows belong to runs. Rows of a run are replaced, never added to, so that a
 * run which is told twice stands there once.
 */
final class RunTable {
  private static final int TRIES = 5;

  private final SparkSession session;
  private final String path;
  private final StructType schema;

  RunTable(SparkSession session, String path, StructType schema) {
    this.session = session;
    this.path = path;
    this.schema = schema;
  }

  /**
   * Replaces, in one commit, those rows of the run that fulfil a condition.
   *
   * @param condition of SQL, fulfilled by all the new rows; "true" for all rows of the run
   */
  void replace(String runId, String condition, List<Row> rows) {
    try {
      create();
      for (int tries = 1; !tryReplace(runId, condition, rows, tries == TRIES); tries++) {
        Thread.sleep(100L << tries);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TelemetryErrors.cannotWrite(path, runId, e);
    } catch (Exception e) {
      throw TelemetryErrors.cannotWrite(path, runId, e);
    }
  }

  String path() {
    return path;
  }

  /** A run's rows; none if it or the table is not there. Columns that the table lacks are null. */
  List<Row> rows(String runId) {
    return stored()
        .map(table -> KnownColumns.of(table, schema).filter(col("run_id").equalTo(runId)))
        .map(Dataset::collectAsList)
        .orElse(List.of());
  }

  /** The newest runs of the table, to tell which there are. */
  List<String> newestRuns(String time, int count) {
    return stored()
        .map(table -> table.orderBy(col(time).desc(), col("run_id")).select("run_id").limit(count))
        .map(runs -> runs.collectAsList().stream().map(row -> row.getString(0)).toList())
        .orElse(List.of());
  }

  private Optional<Dataset<Row>> stored() {
    return DeltaTable.isDeltaTable(session, path)
        ? Optional.of(session.read().format("delta").load(path))
        : Optional.empty();
  }

  private void create() throws Exception {
    TableCreation.ifAbsent(session, path, table -> table.addColumns(schema));
  }

  /** False if another writer came in between: then it is worth another try. */
  private boolean tryReplace(String runId, String condition, List<Row> rows, boolean lastTry) {
    try {
      session
          .createDataFrame(rows, schema)
          .coalesce(1)
          .write()
          .format("delta")
          .mode(SaveMode.Overwrite)
          .option("replaceWhere", "run_id = " + literal(runId) + " AND " + condition)
          .option("userMetadata", metadata(runId))
          .option("mergeSchema", "true") // tables of earlier versions have fewer columns
          .save(path);
      return true;
    } catch (ConcurrentModificationException e) {
      if (lastTry) {
        throw e;
      }
      return false;
    }
  }

  private static String metadata(String runId) {
    return Json.compact(Json.object().put("app", "spark-peft").put("run_id", runId));
  }

  private static String literal(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
