package io.sparkpeft.spark.table;

import org.apache.spark.sql.SparkSession;

/** The job from instruction files to a token table. */
public final class Prepare {
  private Prepare() {}

  /**
   * Reads the source, renders and tokenizes every record in the executors, and writes the token
   * table in one commit.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if the source or the tokenizer is missing,
   *     (65) for records that cannot be used, as the policies say, (78) for settings that cannot be
   *     met, (73) if the table cannot be written
   */
  @SuppressWarnings("DoNotCallSuggester")
  public static PrepareResult run(SparkSession spark, PrepareSettings settings) {
    throw TableErrors.pending("prepare");
  }

  /** The identity that a table made by these settings would have; reads the source to hash it. */
  @SuppressWarnings("DoNotCallSuggester")
  public static TableIdentity identity(SparkSession spark, PrepareSettings settings) {
    throw TableErrors.pending("identity");
  }
}
