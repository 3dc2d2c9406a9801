package io.sparkpeft.spark.table;

import java.util.Optional;
import java.util.OptionalLong;
import org.apache.spark.sql.SparkSession;

/**
 * The Delta table of tokenized examples. Columns: {@code sample_index} BIGINT, 0..n-1 in the
 * source's order; {@code tokens} BINARY, int32 little-endian; {@code targets} BINARY, one bit per
 * token ({@link io.sparkpeft.data.TargetBits}); {@code token_count} INT; {@code target_count} INT;
 * {@code split} STRING, {@code train} or {@code validation}.
 */
public final class TokenTable {
  private TokenTable() {}

  /**
   * Fixes a version of a token table.
   *
   * @param version the newest where empty
   * @param expected where given, what the table must have been made from
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such table or version, (65) if
   *     it is no token table, has deletion vectors, or was made from something else than expected
   */
  @SuppressWarnings("DoNotCallSuggester")
  public static PinnedTable pin(
      SparkSession spark, String path, OptionalLong version, Optional<TableIdentity> expected) {
    throw TableErrors.pending("pin");
  }
}
