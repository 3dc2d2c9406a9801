package io.sparkpeft.spark.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.delta.tables.DeltaTable;
import io.sparkpeft.base.Json;
import java.util.ConcurrentModificationException;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Appends a run's rows to a Delta table once, however often the run is tried. Delta drops the
 * second write of a transaction's id without a word, also where its rows are others; so the commit
 * carries the run's name, and the table's history is asked for it before and after.
 *
 * @param table path or URI
 * @param application what the rows are, the same for all runs: "spark-peft/eval_scores"
 */
public record RunAppend(SparkSession spark, String table, String application) {
  private static final int TRIES = 5;
  private static final String TRANSACTION = "1";

  /**
   * Where a run's rows stand.
   *
   * @param version of the table that brought them; -1 if its history no longer goes back so far
   * @param isNew whether this append brought them, rather than an earlier one
   */
  public record Appended(long version, boolean isNew) {
    /** What a person is told of an append that was not needed; nothing of one that was. */
    public Optional<String> skipped(String runId, String table) {
      if (isNew) {
        return Optional.empty();
      }
      String at = version < 0 ? "before its history begins" : "at version " + version;
      return Optional.of(
          "Skipped: the rows of run %s are in %s already, written %s.".formatted(runId, table, at));
    }
  }

  /**
   * Appends in one commit. Another writer that changes the table meanwhile is waited for.
   *
   * @param note what the commit says beside application and run; its names are the caller's
   */
  public Appended append(String runId, Dataset<Row> rows, ObjectNode note)
      throws InterruptedException {
    Optional<Long> earlier = version(runId);
    if (earlier.isPresent()) {
      return new Appended(earlier.get(), false);
    }
    long before = newest();
    ObjectNode own = note.deepCopy().put("app", application).put("run_id", runId);
    for (int tries = 1; !tryAppend(runId, rows, own, tries == TRIES); tries++) {
      Thread.sleep(100L << tries);
    }
    long version = version(runId).orElse(-1L);
    return new Appended(version, version > before);
  }

  /** False if another writer came in between: then it is worth another try. */
  private boolean tryAppend(String runId, Dataset<Row> rows, ObjectNode note, boolean lastTry) {
    try {
      rows.coalesce(1)
          .write()
          .format("delta")
          .mode("append")
          .option("mergeSchema", "true") // tables of earlier versions have fewer columns
          .option("txnAppId", application + "/" + runId)
          .option("txnVersion", TRANSACTION)
          .option("userMetadata", Json.compact(note))
          .save(table);
      return true;
    } catch (ConcurrentModificationException e) {
      if (lastTry) {
        throw e;
      }
      return false;
    }
  }

  /** The version that an append of that run made, as far as the table's history goes back. */
  private Optional<Long> version(String runId) {
    if (!DeltaTable.isDeltaTable(spark, table)) {
      return Optional.empty();
    }
    return DeltaTable.forPath(spark, table)
        .history()
        .select("version", "userMetadata")
        .collectAsList()
        .stream()
        .filter(commit -> isOf(runId, commit.getString(1)))
        .map(commit -> commit.getLong(0))
        .findFirst();
  }

  private long newest() {
    return DeltaTable.isDeltaTable(spark, table)
        ? DeltaTable.forPath(spark, table).history(1).first().<Long>getAs("version")
        : -1;
  }

  private boolean isOf(String runId, String userMetadata) {
    try {
      JsonNode note = userMetadata == null ? Json.object() : Json.parse(userMetadata);
      return note.path("app").asText().equals(application)
          && note.path("run_id").asText().equals(runId);
    } catch (JsonProcessingException notOurs) {
      return false;
    }
  }
}
