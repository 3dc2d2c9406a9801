package io.sparkpeft.spark.table;

import static io.sparkpeft.base.ExitCode.CANNOT_WRITE;
import static io.sparkpeft.base.ExitCode.CONFIGURATION;
import static io.sparkpeft.base.ExitCode.DATA;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;

import io.sparkpeft.base.SparkPeftException;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** The failures of sources and token tables. */
final class TableErrors {
  private TableErrors() {}

  static SparkPeftException noSource(String source) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is no data at " + source + ".",
        "data.source names a file, a folder or a glob that exists where Spark runs.",
        "Check the path and its rights.");
  }

  static SparkPeftException unknownFormat(String file) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot tell the format of " + file + ".",
        "data.format is auto, which knows .json, .jsonl, .ndjson, .csv, .parquet and Delta tables.",
        "Set data.format.");
  }

  static SparkPeftException cannotReadSource(String source, Exception cause) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "Cannot read " + source + ".",
        cause.getClass().getSimpleName() + ": " + cause.getMessage() + ".",
        "Check the path, its rights and its format.",
        cause);
  }

  static SparkPeftException badRecord(String place, String reason, String record, long others) {
    String more = others == 0 ? "" : " (" + others + " more like it)";
    return SparkPeftException.of(
        DATA,
        "Cannot use " + place + more + ": " + reason + ".",
        "It reads: " + shortened(record) + ".",
        "Mend it, or set data.on_bad_record = reject to put such records aside.");
  }

  static SparkPeftException brokenFile(String place, String reason) {
    return SparkPeftException.of(
        DATA,
        "Cannot read " + place + ": " + reason + ".",
        "What follows in a JSON array cannot be read after such a place.",
        "Mend the file, or write one JSON object per line (jsonl).");
  }

  static SparkPeftException overlong(String place, long tokens, int maxLength, long others) {
    return SparkPeftException.of(
        DATA,
        "%s has %d tokens, %d records more are too long as well.".formatted(place, tokens, others),
        "data.max_length is " + maxLength + " and data.overlong is fail.",
        "Raise data.max_length, or set data.overlong to drop or truncate.");
  }

  static SparkPeftException nothingLeft(String source, SortedMap<String, Long> dropped) {
    String reasons =
        dropped.isEmpty()
            ? "It holds no records."
            : "Dropped: "
                + dropped.entrySet().stream()
                    .map(e -> e.getValue() + " for " + e.getKey())
                    .collect(Collectors.joining(", "))
                + ".";
    return SparkPeftException.of(
        DATA,
        "No record of " + source + " is left to train on.",
        reasons,
        "Check the source, data.template and data.max_length.");
  }

  static SparkPeftException tokenizerDoesNotFit(String folder, int id, int vocabularySize) {
    return SparkPeftException.of(
        DATA,
        "The tokenizer in " + folder + " gives the id " + id + ".",
        "The model's vocabulary (vocab_size in config.json) has " + vocabularySize + " ids.",
        "Use the tokenizer that belongs to the model.");
  }

  static SparkPeftException endMissing(String folder) {
    return SparkPeftException.of(
        DATA,
        "The tokenizer in " + folder + " names no end-of-sequence token.",
        "Without one the model cannot learn where an answer ends.",
        "Set eos_token in its tokenizer_config.json.");
  }

  static SparkPeftException badSetting(String key, Object value, String rule) {
    return SparkPeftException.of(
        CONFIGURATION, key + " is " + value + ".", rule, "Set " + key + " accordingly.");
  }

  static SparkPeftException runIdTaken(
      String runId, String table, SortedMap<String, String> differences) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The run '" + runId + "' has written " + table + " already, from something else.",
        lines(differences, "written", "now"),
        "Set run.id to a new name.");
  }

  static SparkPeftException notWritten(String table, Exception cause) {
    return SparkPeftException.of(
        CANNOT_WRITE,
        "Cannot write the table " + table + ".",
        deepest(cause) + ".",
        "Check the path, its rights and the space left; no version was committed.",
        cause);
  }

  static SparkPeftException noTable(String path) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is no token table at " + path + ".",
        "Training reads what prepare wrote.",
        "Run prepare first, or set data.table.");
  }

  static SparkPeftException noVersion(String path, long version, long newest) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "The token table " + path + " has no version " + version + " written by prepare.",
        "Its newest version is " + newest + ".",
        "Choose another version, or leave it out.");
  }

  static SparkPeftException deletionVectors(String path) {
    return SparkPeftException.of(
        DATA,
        "The token table " + path + " has deletion vectors.",
        "Executors read its files outside SQL, where deleted rows would come back.",
        "Run prepare anew, and do not alter token tables.");
  }

  static SparkPeftException identityDiffers(
      String path, long version, SortedMap<String, String> differences) {
    return SparkPeftException.of(
        DATA,
        "The token table " + path + " (version " + version + ") was not made by this recipe.",
        lines(differences, "table", "recipe"),
        "Run prepare with this recipe, or set the recipe back.");
  }

  static SparkPeftException spoolDiffers(
      String path, long version, String counted, String expected) {
    return SparkPeftException.of(
        DATA,
        "The files of " + path + " (version " + version + ") hold " + counted + ".",
        "Pinned were " + expected + ".",
        "Check that nobody alters the table's files; run prepare anew.");
  }

  /** What Spark's own exceptions are wrapped around. */
  private static Throwable deepest(Throwable thrown) {
    Throwable deepest = thrown;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return deepest;
  }

  private static String lines(SortedMap<String, String> differences, String left, String right) {
    return differences.entrySet().stream()
            .map(e -> e.getKey() + ": " + e.getValue())
            .collect(
                Collectors.joining("; ", "Different (" + left + " against " + right + "): ", ""))
        + ".";
  }

  private static String shortened(String record) {
    int limit = 200;
    return record.length() <= limit ? record : record.substring(0, limit) + "...";
  }
}
