package io.sparkpeft.spark.table;

import io.sparkpeft.data.TokenAudit;
import java.io.Serializable;

/**
 * What prepare did.
 *
 * @param audit the records' counts
 * @param trainRecords of the train split
 * @param validationRecords of the validation split
 * @param table the token table's folder
 * @param version the version that holds this run's records
 * @param identity what decided the content
 * @param reused whether an earlier run of the same id had written the table already
 */
public record PrepareResult(
    TokenAudit audit,
    long trainRecords,
    long validationRecords,
    String table,
    long version,
    TableIdentity identity,
    boolean reused)
    implements Serializable {

  PrepareResult asNew() {
    return new PrepareResult(
        audit, trainRecords, validationRecords, table, version, identity, false);
  }
}
