package io.sparkpeft.spark.eval;

import static org.apache.spark.sql.functions.col;

import io.delta.tables.DeltaTable;
import io.sparkpeft.base.Json;
import io.sparkpeft.spark.table.KnownColumns;
import io.sparkpeft.spark.table.RunAppend;
import io.sparkpeft.spark.table.TableCreation;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * One of evaluation's Delta tables: only appended to, each run's rows in one commit and once,
 * guarded by constraints that also keep NaN out.
 *
 * @param name the table's name below tables.root
 * @param path its folder or URI
 * @param schema its columns, among them {@code run_id} and {@code settings_sha256}
 * @param constraints CHECK expressions by name
 */
record EvalTable(
    SparkSession spark,
    String name,
    String path,
    StructType schema,
    Map<String, String> constraints) {
  static EvalTable at(
      SparkSession spark,
      String root,
      String name,
      StructType schema,
      Map<String, String> constraints) {
    String path = root.endsWith("/") ? root + name : root + "/" + name;
    return new EvalTable(spark, name, path, schema, constraints);
  }

  /**
   * The rows of a run; none if the table or the run is not there.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if they were made with other settings
   */
  Dataset<Row> rows(RunKey run) {
    Dataset<Row> rows = rows(run.runId());
    if (!rows.filter(col("settings_sha256").notEqual(run.settingsSha256())).isEmpty()) {
      throw SparkEvalErrors.otherSettings(run.runId(), path);
    }
    return rows;
  }

  /** The same for any settings. */
  Dataset<Row> rows(String runId) {
    return all().filter(col("run_id").equalTo(runId));
  }

  /** All rows; columns that a table of an earlier version lacks are null. */
  Dataset<Row> all() {
    if (!DeltaTable.isDeltaTable(spark, path)) {
      return spark.createDataFrame(List.of(), schema);
    }
    return KnownColumns.of(spark.read().format("delta").load(path), schema);
  }

  /**
   * Appends a run's rows in one commit; a run that is there already is left as it is.
   *
   * @throws io.sparkpeft.base.SparkPeftException (73) if they cannot be written
   */
  RunAppend.Appended append(RunKey run, List<Row> rows) {
    try {
      create();
      return new RunAppend(spark, path, "spark-peft/" + name)
          .append(
              run.runId(),
              spark.createDataFrame(rows, schema),
              Json.object().put("settings_sha256", run.settingsSha256()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw SparkEvalErrors.cannotWriteTable(path, e);
    } catch (Exception e) { // Scala's are not declared
      throw SparkEvalErrors.cannotWriteTable(path, e);
    }
  }

  /** Also after a driver that ended in between, or beside one that is at it. */
  private void create() throws Exception {
    TableCreation.ifAbsent(
        spark, path, table -> table.addColumns(schema).property("delta.appendOnly", "true"));
    for (var constraint : constraints.entrySet()) {
      constrain(constraint.getKey(), constraint.getValue());
    }
  }

  private void constrain(String constraint, String check) throws Exception {
    while (!isConstrained(constraint)) {
      try {
        spark.sql(
            "ALTER TABLE delta.`%s` ADD CONSTRAINT %s CHECK (%s)"
                .formatted(path, constraint, check));
      } catch (Exception e) {
        if (!(e instanceof ConcurrentModificationException) && !isConstrained(constraint)) {
          throw e;
        }
      }
    }
  }

  private boolean isConstrained(String constraint) {
    Row detail = DeltaTable.forPath(spark, path).detail().select("properties").first();
    return detail.getJavaMap(0).containsKey("delta.constraints." + constraint);
  }
}
