package io.sparkpeft.spark.storage;

import java.util.Map;

/** Settings of Spark that object stores need. */
public final class StorageConf {
  private StorageConf() {}

  /** What a session should be started with; what a user has set comes first. */
  public static Map<String, String> recommended() {
    return Map.of("spark.delta.logStore.s3a.impl", ConditionalLogStore.class.getName());
  }
}
