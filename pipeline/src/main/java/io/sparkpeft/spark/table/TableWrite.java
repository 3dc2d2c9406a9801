package io.sparkpeft.spark.table;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Writes to a Delta table. A write that fails commits nothing, but Delta leaves its data files
 * behind; where the table's folder did not exist before, it is taken away again with them.
 */
final class TableWrite {
  private TableWrite() {}

  /**
   * @throws io.sparkpeft.base.SparkPeftException (73) if the work fails
   */
  static void run(Configuration hadoop, String table, Work work) {
    boolean isNew = false;
    try {
      isNew = !fileSystem(hadoop, table).exists(new Path(table));
      work.run();
    } catch (Exception e) {
      if (isNew && !hasCommits(hadoop, table)) {
        deleteQuietly(hadoop, table);
      }
      throw TableErrors.notWritten(table, e);
    }
  }

  /** Scala's exceptions are not declared. */
  interface Work {
    void run() throws Exception;
  }

  private static FileSystem fileSystem(Configuration hadoop, String table) throws IOException {
    return new Path(table).getFileSystem(hadoop);
  }

  /** Another driver's, which made the table meanwhile. */
  private static boolean hasCommits(Configuration hadoop, String table) {
    try {
      return fileSystem(hadoop, table).globStatus(new Path(table, "_delta_log/*.json")).length > 0;
    } catch (IOException | RuntimeException e) {
      return true;
    }
  }

  /** The failure that led here matters more than one of the clean-up. */
  private static void deleteQuietly(Configuration hadoop, String table) {
    try {
      fileSystem(hadoop, table).delete(new Path(table), true);
    } catch (IOException e) {
      // The exception under way names the table.
    }
  }
}
