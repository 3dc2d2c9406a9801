package io.sparkpeft.spark.telemetry;

import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Carries events from running tasks to the driver, over Spark's own RPC: {@code
 * spark.plugins=io.sparkpeft.spark.telemetry.TelemetryPlugin}, set before the context starts.
 */
public final class TelemetryPlugin implements SparkPlugin {

  @Override
  public DriverPlugin driverPlugin() {
    return new DriverPlugin() {
      @Override
      public Map<String, String> init(SparkContext context, PluginContext plugin) {
        return Map.of();
      }

      @Override
      public Object receive(Object message) {
        if (message instanceof EventBatch batch) {
          EventInbox.deliver(batch.events());
        }
        return true;
      }
    };
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> extra) {
        EventOutbox.open(context);
      }

      @Override
      public void shutdown() {
        EventOutbox.close();
      }
    };
  }
}
