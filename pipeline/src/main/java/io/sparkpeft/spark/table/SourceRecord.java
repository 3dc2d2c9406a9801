package io.sparkpeft.spark.table;

import java.util.Optional;
import org.apache.spark.sql.Row;

/**
 * A row of {@link InstructionSources#SCHEMA}.
 *
 * @param line counted from 1; 0 where the format has no lines
 * @param json the record's text; empty where there is a problem
 * @param problem why the file cannot be read on
 */
record SourceRecord(String file, long position, long line, String json, Optional<String> problem) {

  static SourceRecord of(Row row) {
    return new SourceRecord(
        row.getAs("file"),
        row.<Long>getAs("position"),
        row.<Long>getAs("line"),
        Optional.<String>ofNullable(row.getAs("record")).orElse(""),
        Optional.ofNullable(row.getAs("problem")));
  }
}
