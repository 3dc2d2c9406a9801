package io.sparkpeft.spark.telemetry;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Who listens to which run, on the driver. Static, because Spark makes the plugin and gives no way
 * to reach it.
 */
final class EventInboxes {
  private static final Map<String, Consumer<StepEvent>> LISTENERS = new ConcurrentHashMap<>();

  private EventInboxes() {}

  static void listen(String runId, Consumer<StepEvent> listener) {
    LISTENERS.put(runId, listener);
  }

  static void forget(String runId) {
    LISTENERS.remove(runId);
  }

  /** Events of runs that nobody listens to any more are dropped. */
  static void deliver(List<StepEvent> events) {
    for (StepEvent event : events) {
      LISTENERS.getOrDefault(event.runId(), e -> {}).accept(event);
    }
  }
}
