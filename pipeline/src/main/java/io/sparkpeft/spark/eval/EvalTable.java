package io.sparkpeft.spark.eval;

import static org.apache.spark.sql.functions.col;

import io.delta.tables.DeltaTable;
import io.sparkpeft.base.Json;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
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
  private static final String TRANSACTION = "1";

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
    if (!DeltaTable.isDeltaTable(spark, path)) {
      return spark.createDataFrame(List.of(), schema);
    }
    Dataset<Row> rows =
        spark.read().format("delta").load(path).filter(col("run_id").equalTo(run.runId()));
    if (!rows.filter(col("settings_sha256").notEqual(run.settingsSha256())).isEmpty()) {
      throw SparkEvalErrors.otherSettings(run.runId(), path);
    }
    return rows;
  }

  /**
   * Appends a run's rows in one commit; a run that is there already is left as it is.
   *
   * @throws io.sparkpeft.base.SparkPeftException (73) if they cannot be written
   */
  void append(RunKey run, List<Row> rows) {
    try {
      create();
      spark
          .createDataFrame(rows, schema)
          .coalesce(1)
          .write()
          .format("delta")
          .mode("append")
          .option("txnAppId", "spark-peft/" + name + "/" + run.runId())
          .option("txnVersion", TRANSACTION)
          .option("userMetadata", Json.compact(Json.tree(run)))
          .save(path);
    } catch (RuntimeException e) {
      throw SparkEvalErrors.cannotWriteTable(path, e);
    }
  }

  private void create() {
    if (DeltaTable.isDeltaTable(spark, path)) {
      return;
    }
    var table = DeltaTable.createIfNotExists(spark).location(path);
    for (StructField field : schema.fields()) {
      table.addColumn(field);
    }
    table.property("delta.appendOnly", "true").execute();
    constraints.forEach(
        (constraint, check) ->
            spark.sql(
                "ALTER TABLE delta.`%s` ADD CONSTRAINT %s CHECK (%s)"
                    .formatted(path, constraint, check)));
  }
}
