package io.sparkpeft.spark.table;

/** A token table's row as it stands in Parquet. */
record TokenRecord(long sampleIndex, byte[] tokens, byte[] targets, String split) {}
