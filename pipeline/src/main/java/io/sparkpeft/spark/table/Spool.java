package io.sparkpeft.spark.table;

import io.sparkpeft.data.TokenFile;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;

/** Reads a pinned table's files in an executor, outside SQL. */
public final class Spool {
  private Spool() {}

  /**
   * Writes the train split to a local token file, in the order of sample indexes.
   *
   * @param hadoop the file systems' configuration
   * @param target where the file is to be; replaced if it exists
   * @throws io.sparkpeft.base.SparkPeftException (66) if a file cannot be read, (65) if what was
   *     read is not what was pinned, (73) if the spool cannot be written
   */
  @SuppressWarnings("DoNotCallSuggester")
  public static TokenFile write(PinnedTable table, Configuration hadoop, Path target) {
    throw TableErrors.pending("spool");
  }
}
