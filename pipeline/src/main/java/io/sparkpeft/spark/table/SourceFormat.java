package io.sparkpeft.spark.table;

/** {@code data.format}. */
public enum SourceFormat {
  /**
   * By the source's looks: a folder with a {@code _delta_log} is delta; else the first file's
   * extension decides (.json: alpaca where the first character is a bracket, else jsonl; .jsonl and
   * .ndjson; .csv; .parquet).
   */
  AUTO,
  /** One JSON array of objects per file. */
  ALPACA,
  /** Comma-separated, with a header line, quotes doubled within quotes. */
  CSV,
  /** One JSON object per line. */
  JSONL,
  PARQUET,
  DELTA
}
