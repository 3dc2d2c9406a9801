package io.sparkpeft.spark.table;

import java.io.Serializable;
import java.util.List;

/**
 * One version of a token table, fixed for a run: whatever is written to the table later, these
 * files are what is read. Counts are the train split's.
 *
 * @param path the table's folder
 * @param files its Parquet files as URIs
 * @param identity what decided the content
 * @param examples records of the train split
 * @param tokens in them
 * @param targetTokens among those
 * @param longestTokens of the longest of them
 */
public record PinnedTable(
    String path,
    long version,
    List<String> files,
    TableIdentity identity,
    long examples,
    long tokens,
    long targetTokens,
    int longestTokens)
    implements Serializable {
  public PinnedTable {
    files = List.copyOf(files);
  }
}
