package io.sparkpeft.spark.telemetry;

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
  private static final long FLUSH_MILLIS = 5_000;

  /** The one that the plugin opened in this process; static as Spark gives tasks no other way. */
  private static volatile Optional<EventOutbox> current = Optional.empty();

  private final PluginContext context;
  private final BlockingQueue<RunEvent> waiting = new LinkedBlockingQueue<>();
  private final Thread sender = new Thread(this::sendUntilClosed, "spark-peft-telemetry");

  /** Events not yet at the driver. Guarded by this. */
  private long pending;

  private EventOutbox(PluginContext context) {
    this.context = context;
    sender.setDaemon(true);
    sender.start();
  }

  static void open(PluginContext context) {
    current = Optional.of(new EventOutbox(context));
  }

  static void close() {
    current.ifPresent(outbox -> outbox.sender.interrupt());
    current = Optional.empty();
  }

  /** The outbox of this process, if the plugin runs in it. */
  static Optional<EventOutbox> current() {
    return current;
  }

  synchronized void add(RunEvent event) {
    pending++;
    waiting.add(event);
  }

  /** Waits, for some seconds at most, until the driver has everything. */
  synchronized void flush() throws InterruptedException {
    long end = System.currentTimeMillis() + FLUSH_MILLIS;
    for (long left = FLUSH_MILLIS; pending > 0 && left > 0; ) {
      wait(left);
      left = end - System.currentTimeMillis();
    }
  }

  private void sendUntilClosed() {
    try {
      while (true) {
        List<RunEvent> batch = new ArrayList<>(List.of(waiting.take()));
        waiting.drainTo(batch);
        send(new EventBatch(batch));
        done(batch.size());
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
      // Dropped: the driver is busy or gone.
    }
  }

  private synchronized void done(int events) {
    pending -= events;
    notifyAll();
  }
}
