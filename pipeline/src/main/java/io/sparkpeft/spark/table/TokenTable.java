package io.sparkpeft.spark.table;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.sum;

import io.delta.tables.DeltaTable;
import io.sparkpeft.data.TokenizedExample;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.CreateTableWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The Delta table of tokenized examples. Columns: {@code sample_index} BIGINT, 0..n-1 in the
 * source's order; {@code tokens} BINARY, int32 little-endian; {@code targets} BINARY, one bit per
 * token ({@link io.sparkpeft.data.TargetBits}); {@code token_count} INT; {@code target_count} INT;
 * {@code split} STRING, {@code train} or {@code validation}.
 *
 * <p>Every prepare replaces the content by one commit, whose user metadata says what it was made
 * from; older versions stay readable, and nothing is ever deleted or altered row by row.
 */
public final class TokenTable {
  private static final int TRANSACTION = 1;

  private TokenTable() {}

  /** The result of an earlier run of the same id, where there is one. */
  static Optional<PrepareResult> writtenBy(
      SparkSession spark, PrepareSettings settings, TableIdentity identity) {
    for (CommitNote note : notes(spark, settings.table())) {
      if (note.runId().equals(settings.runId())) {
        SortedMap<String, String> differences = note.identity().differences(identity);
        if (!differences.isEmpty()) {
          throw TableErrors.runIdTaken(settings.runId(), settings.table(), differences);
        }
        return Optional.of(note.result(settings.table(), true));
      }
    }
    return Optional.empty();
  }

  static PrepareResult write(
      SparkSession spark,
      Dataset<Row> rows,
      PrepareSettings settings,
      TableIdentity identity,
      Outcomes outcomes) {
    CommitNote note = CommitNote.of(settings, identity, outcomes);
    TableWrite.run(
        spark.sparkContext().hadoopConfiguration(),
        settings.table(),
        () -> writer(rows, settings, note).createOrReplace());
    return writtenBy(spark, settings, identity)
        .map(result -> result.asNew())
        .orElseThrow(() -> TableErrors.noTable(settings.table()));
  }

  private static CreateTableWriter<Row> writer(
      Dataset<Row> rows, PrepareSettings settings, CommitNote note) {
    CreateTableWriter<Row> writer =
        rows.writeTo("delta.`" + settings.table() + "`")
            .using("delta")
            .option("userMetadata", note.json())
            .option("txnAppId", "spark-peft/tokens/" + settings.runId())
            .option("txnVersion", Integer.toString(TRANSACTION));
    for (var property : note.tableProperties().entrySet()) {
      writer = writer.tableProperty(property.getKey(), property.getValue());
    }
    return writer;
  }

  /**
   * Fixes a version of a token table.
   *
   * @param version the newest where empty
   * @param expected where given, what the table must have been made from
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such table or version, (65) if
   *     it is no token table, has deletion vectors, or was made from something else than expected
   */
  public static PinnedTable pin(
      SparkSession spark, String path, OptionalLong version, Optional<TableIdentity> expected) {
    List<CommitNote> notes = notes(spark, path);
    if (notes.isEmpty()) {
      throw TableErrors.noTable(path);
    }
    CommitNote note =
        notes.stream()
            .filter(n -> version.isEmpty() || n.version() == version.getAsLong())
            .findFirst()
            .orElseThrow(
                () -> TableErrors.noVersion(path, version.getAsLong(), notes.get(0).version()));
    SortedMap<String, String> differences =
        expected.map(note.identity()::differences).orElse(Collections.emptySortedMap());
    if (!differences.isEmpty()) {
      throw TableErrors.identityDiffers(path, note.version(), differences);
    }
    return pinned(spark, path, note);
  }

  /**
   * The first examples of a table's newest version by sample index, of either split.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such table
   */
  public static SortedMap<Long, TokenizedExample> first(
      SparkSession spark, String path, int count) {
    if (notes(spark, path).isEmpty()) {
      throw TableErrors.noTable(path);
    }
    SortedMap<Long, TokenizedExample> examples = new TreeMap<>();
    spark
        .read()
        .format("delta")
        .load(path)
        .select("sample_index", "tokens", "targets", "split")
        .orderBy("sample_index")
        .limit(count)
        .collectAsList()
        .forEach(row -> examples.put(row.getLong(0), record(row).example()));
    return examples;
  }

  /** A version in numbers; empty if there is none such, or it is no token table. */
  public static Optional<TokenTableSummary> summary(SparkSession spark, String path, long version) {
    return notes(spark, path).stream()
        .filter(note -> note.version() == version)
        .findFirst()
        .map(note -> new TokenTableSummary(note.result(path, true), lengths(spark, path, version)));
  }

  private static SortedMap<Integer, Long> lengths(SparkSession spark, String path, long version) {
    SortedMap<Integer, Long> lengths = new TreeMap<>();
    spark
        .read()
        .format("delta")
        .option("versionAsOf", version)
        .load(path)
        .groupBy("token_count")
        .count()
        .collectAsList()
        .forEach(row -> lengths.put(row.getInt(0), row.getLong(1)));
    return lengths;
  }

  private static TokenRecord record(Row row) {
    return new TokenRecord(
        row.getLong(0), row.<byte[]>getAs(1), row.<byte[]>getAs(2), row.getString(3));
  }

  private static PinnedTable pinned(SparkSession spark, String path, CommitNote note) {
    Dataset<Row> table =
        spark.read().format("delta").option("versionAsOf", note.version()).load(path);
    Row train =
        table
            .filter(col("split").equalTo(TokenRows.TRAIN))
            .agg(count(lit(1)), sum("token_count"), sum("target_count"), max("token_count"))
            .first();
    if (hasDeletionVectors(spark, path)) {
      throw TableErrors.deletionVectors(path);
    }
    return new PinnedTable(
        path,
        note.version(),
        List.of(table.inputFiles()).stream().sorted().toList(),
        note.identity(),
        train.getLong(0),
        train.getLong(1),
        train.getLong(2),
        train.getInt(3));
  }

  private static boolean hasDeletionVectors(SparkSession spark, String path) {
    Row detail = DeltaTable.forPath(spark, path).detail().select("properties").first();
    return "true".equals(detail.getJavaMap(0).get("delta.enableDeletionVectors"));
  }

  /** What commits say of themselves, the newest first; none where there is no such table. */
  private static List<CommitNote> notes(SparkSession spark, String path) {
    if (!DeltaTable.isDeltaTable(spark, path)) {
      return List.of();
    }
    return DeltaTable.forPath(spark, path)
        .history()
        .select("version", "userMetadata")
        .collectAsList()
        .stream()
        .flatMap(row -> CommitNote.parse(row.getLong(0), row.getString(1)).stream())
        .toList();
  }
}
