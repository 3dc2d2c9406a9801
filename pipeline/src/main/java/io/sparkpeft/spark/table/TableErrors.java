package io.sparkpeft.spark.table;

/** The failures of sources and token tables. */
final class TableErrors {
  private TableErrors() {}

  static RuntimeException pending(String what) {
    return new UnsupportedOperationException(what);
  }
}
