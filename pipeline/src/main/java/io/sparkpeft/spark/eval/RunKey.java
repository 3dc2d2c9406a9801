package io.sparkpeft.spark.eval;

/** A run, and a hash over all that decides its scores. */
record RunKey(String runId, String settingsSha256) {}
