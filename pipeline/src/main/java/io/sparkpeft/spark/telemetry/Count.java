package io.sparkpeft.spark.telemetry;

import io.sparkpeft.spark.telemetry.RunEvent.Origin;
import io.sparkpeft.spark.telemetry.RunEvent.Progressed;
import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The driver's end of work that tasks count, such as requests that are answered: heard at most once
 * a second and at the end, and only where {@link TelemetryPlugin} was configured.
 */
public final class Count implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final String runId;
  private final String what;
  private long total;
  private final Consumer<RunEvent> watcher;
  private final String address = "count-" + UUID.randomUUID();
  private long done;
  private Instant told = Instant.MIN;

  private Count(String runId, String what, long total, Consumer<RunEvent> watcher) {
    this.runId = runId;
    this.what = what;
    this.total = total;
    this.watcher = watcher;
  }

  /**
   * Of work whose size only tasks can know, and say with {@link Counter#of}.
   *
   * @param what is counted, such as "tensors"
   */
  public static Count open(String runId, String what, Consumer<RunEvent> watcher) {
    return open(runId, what, 0, watcher);
  }

  /**
   * @param what is counted, such as "requests"
   * @param watcher hears {@link Progressed}, on a thread of Spark's
   */
  public static Count open(String runId, String what, long total, Consumer<RunEvent> watcher) {
    Count count = new Count(runId, what, total, watcher);
    EventInbox.listen(count.address, count::receive);
    return count;
  }

  /** What tasks take with them. */
  public Counter counter() {
    return new Counter(address, what, total);
  }

  /** Counts in a task. */
  public record Counter(String address, String what, long total) implements Serializable {

    /** The same, of so many in all. */
    public Counter of(long all) {
      return new Counter(address, what, all);
    }

    public void add(long more) {
      Origin here = new Origin(address, 0, Origin.DRIVER, Instant.now());
      EventOutbox.current().ifPresent(o -> o.add(new Progressed(here, what, more, total)));
    }
  }

  /** What a task that Spark tried again has counted twice goes no further than the end. */
  private synchronized void receive(RunEvent event) {
    if (event instanceof Progressed more) {
      total = more.total();
      reach(Math.min(done + more.done(), total));
    }
  }

  /** All is done, whether or not the last counts have come. */
  public synchronized void finish() {
    reach(total);
  }

  private void reach(long now) {
    Origin origin = Origin.ofDriver(runId);
    if (now > done && (now == total || origin.at().isAfter(told.plus(PAUSE)))) {
      told = origin.at();
      watcher.accept(new Progressed(origin, what, now, total));
    }
    done = Math.max(done, now);
  }

  @Override
  public void close() {
    EventInbox.forget(address);
  }
}
