package io.sparkpeft.spark.table;

/** {@code data.on_bad_record}: what becomes of a record that cannot be understood. */
public enum BadRecordPolicy {
  /** Ends the job (65), naming the first one's file and line. */
  FAIL,
  /** Written to the table {@code <table>_rejects} with file, line and reason, and counted. */
  REJECT
}
