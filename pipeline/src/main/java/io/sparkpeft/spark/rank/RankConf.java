package io.sparkpeft.spark.rank;

import io.sparkpeft.spark.telemetry.TelemetryPlugin;
import java.util.LinkedHashMap;
import java.util.Map;

/** Spark settings that a run of ranks wants; they count only if set before the context starts. */
public final class RankConf {
  private RankConf() {}

  /**
   * Spark's own slot check gives up after one minute instead of ten, executors' events reach the
   * driver, and nothing is allocated dynamically.
   */
  public static Map<String, String> recommended() {
    Map<String, String> conf = new LinkedHashMap<>();
    conf.put("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
    conf.put("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "60");
    conf.put("spark.dynamicAllocation.enabled", "false");
    conf.put("spark.plugins", TelemetryPlugin.class.getName());
    return conf;
  }
}
