package io.sparkpeft.spark.telemetry;

import io.sparkpeft.spark.telemetry.TelemetryPlugin.EventBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.spark.api.plugin.PluginContext;

/**
 * The executor's end: gathers events and sends them in at most ten messages a second. What cannot
 * be sent is dropped, for telemetry never ends a run.
 */
final class EventOutbox {
  private static final long PAUSE_MILLIS = 100;

  /** The one that the plugin opened in this process; static as Spark gives tasks no other way. */
  private static volatile Optional<EventOutbox> open = Optional.empty();

  private final PluginContext context;
  private final BlockingQueue<StepEvent> waiting = new LinkedBlockingQueue<>();
  private final Thread sender = new Thread(this::sendAll, "spark-peft-telemetry");

  private EventOutbox(PluginContext context) {
    this.context = context;
    sender.setDaemon(true);
    sender.start();
  }

  static synchronized void open(PluginContext context) {
    open = Optional.of(new EventOutbox(context));
  }

  static synchronized void close() {
    open.ifPresent(outbox -> outbox.sender.interrupt());
    open = Optional.empty();
  }

  /** The outbox of this process, if the plugin runs in it. */
  static Optional<EventOutbox> current() {
    return open;
  }

  void add(StepEvent event) {
    waiting.add(event);
  }

  private void sendAll() {
    try {
      while (true) {
        List<StepEvent> batch = new ArrayList<>(List.of(waiting.take()));
        waiting.drainTo(batch);
        send(new EventBatch(batch));
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void send(EventBatch batch) throws InterruptedException {
    try {
      context.ask(batch);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      return;
    }
  }
}
