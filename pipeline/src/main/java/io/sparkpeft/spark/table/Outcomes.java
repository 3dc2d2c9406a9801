package io.sparkpeft.spark.table;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import io.sparkpeft.data.TokenAudit;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What became of the source's records.
 *
 * @param audit the counts; records that were set aside are among those dropped
 * @param trainRecords kept, in the train split
 * @param largestId the highest token id in any kept record
 */
record Outcomes(TokenAudit audit, long trainRecords, int largestId) {

  /** Computes the rows, which must be persisted. */
  static Outcomes of(Dataset<Row> rows) {
    Map<String, Row> byOutcome = new TreeMap<>();
    for (Row row :
        rows.groupBy(col("outcome"))
            .agg(
                count(lit(1)),
                sum("truncated"),
                sum("token_count"),
                sum("target_count"),
                sum("straddling"),
                sum("unknown"),
                sum("ended"),
                max("max_id"),
                coalesce(sum(when(col("split").equalTo(TokenRows.TRAIN), 1L)), lit(0L)))
            .collectAsList()) {
      byOutcome.put(row.getString(0), row);
    }
    Row kept = byOutcome.remove(TokenRows.KEPT);
    Map<String, Long> dropped = new TreeMap<>();
    byOutcome.forEach((outcome, row) -> dropped.put(outcome, row.getLong(1)));
    if (kept == null) {
      return new Outcomes(new TokenAudit(0, dropped, 0, 0, 0, 0, 0, 0), 0, 0);
    }
    TokenAudit audit =
        new TokenAudit(
            kept.getLong(1),
            dropped,
            kept.getLong(2),
            kept.getLong(3),
            kept.getLong(4),
            kept.getLong(5),
            kept.getLong(6),
            kept.getLong(7));
    return new Outcomes(audit, kept.getLong(9), kept.getInt(8));
  }

  long badRecords() {
    return dropped(TokenRows.BAD_RECORD);
  }

  private long dropped(String outcome) {
    return audit.dropped().getOrDefault(outcome, 0L);
  }

  /** Ends the job where the policies say so, at the first such record in the source's order. */
  void check(
      Dataset<Row> rows,
      PrepareSettings settings,
      String tokenizerFolder,
      Optional<Integer> modelVocabularySize) {
    if (dropped(TokenRows.BROKEN_FILE) > 0) {
      Row first = first(rows, TokenRows.BROKEN_FILE);
      throw TableErrors.brokenFile(place(first), first.<String>getAs("reason"));
    }
    if (badRecords() > 0 && settings.onBadRecord() == BadRecordPolicy.FAIL) {
      Row first = first(rows, TokenRows.BAD_RECORD);
      throw TableErrors.badRecord(
          place(first),
          first.<String>getAs("reason"),
          first.<String>getAs("record"),
          badRecords() - 1);
    }
    if (dropped(TokenRows.OVERLONG) > 0 && settings.overlong() == OverlongPolicy.FAIL) {
      Row first = first(rows, TokenRows.OVERLONG);
      throw TableErrors.overlong(
          place(first),
          first.<Integer>getAs("token_count"),
          settings.maxLength(),
          dropped(TokenRows.OVERLONG) - 1);
    }
    if (trainRecords == 0) {
      throw TableErrors.nothingLeft(settings.source(), audit.dropped());
    }
    if (modelVocabularySize.isPresent() && largestId >= modelVocabularySize.get()) {
      throw TableErrors.tokenizerDoesNotFit(tokenizerFolder, largestId, modelVocabularySize.get());
    }
  }

  private static Row first(Dataset<Row> rows, String outcome) {
    return rows.filter(col("outcome").equalTo(outcome))
        .orderBy(col("file"), col("position"))
        .first();
  }

  /** The file and the line, or the record's number where a format has no lines. */
  static String place(Row row) {
    long line = row.<Long>getAs("line");
    String where = line > 0 ? "line " + line : "record " + (row.<Long>getAs("position") + 1);
    return row.<String>getAs("file") + ", " + where;
  }
}
