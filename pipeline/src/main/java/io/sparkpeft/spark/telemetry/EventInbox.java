package io.sparkpeft.spark.telemetry;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Who listens to which run, on the driver. Static, because Spark makes the plugin and gives no way
 * to reach it.
 */
final class EventInbox {
  private static final Map<String, Consumer<RunEvent>> LISTENERS = new ConcurrentHashMap<>();

  private EventInbox() {}

  static void listen(String runId, Consumer<RunEvent> listener) {
    LISTENERS.put(runId, listener);
  }

  static void forget(String runId) {
    LISTENERS.remove(runId);
  }

  /** Events of runs that nobody listens to any more are dropped. */
  static void deliver(List<RunEvent> events) {
    for (RunEvent event : events) {
      LISTENERS.getOrDefault(event.origin().runId(), e -> {}).accept(event);
    }
  }
}
