package io.sparkpeft.spark.telemetry;

import io.sparkpeft.spark.telemetry.RunEvent.Stepped;
import io.sparkpeft.spark.telemetry.RunEvent.Validated;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.CollectionAccumulator;

/**
 * The driver's end of a run's events: live through {@link TelemetryPlugin} where it was configured
 * before the context started, otherwise through an accumulator when each attempt's tasks end.
 *
 * <pre>{@code
 * try (Telemetry telemetry = Telemetry.open(session, runId, progress)) {
 *   TelemetrySource source = telemetry.source();
 *   runner.run(attempt -> context -> {
 *     try (RankEvents events = source.events(context.attempt(), context.rank())) { ... }
 *   });
 *   table.replace(runId, telemetry.steps(), telemetry.validationLosses());
 * }
 * }</pre>
 */
public final class Telemetry implements AutoCloseable {
  private final String runId;
  private final boolean live;
  private final Consumer<RunEvent> listener;
  private final CollectionAccumulator<RunEvent> late;
  private final List<Stepped> steps = new ArrayList<>();
  private final SortedMap<Long, Double> validationLosses = new TreeMap<>();

  private Telemetry(SparkSession session, String runId, Consumer<RunEvent> listener) {
    this.runId = runId;
    this.listener = listener;
    this.live = isConfigured(session);
    this.late = session.sparkContext().collectionAccumulator();
  }

  /**
   * @param listener receives every event, on a thread of Spark's
   */
  public static Telemetry open(SparkSession session, String runId, Consumer<RunEvent> listener) {
    Telemetry telemetry = new Telemetry(session, runId, listener);
    EventInbox.listen(runId, telemetry::receive);
    return telemetry;
  }

  /** Whether the plugin is there: without it nothing is heard before an attempt ends. */
  public static boolean isConfigured(SparkSession session) {
    String plugins = session.sparkContext().conf().get("spark.plugins", "");
    return Arrays.asList(plugins.split("\\s*,\\s*")).contains(TelemetryPlugin.class.getName());
  }

  /** What to tell the user if {@link #isConfigured} is false. */
  public static String howToConfigure() {
    return "progress is shown only at the end: to see it live set --conf spark.plugins="
        + TelemetryPlugin.class.getName();
  }

  /** What the ranks take with them. */
  public TelemetrySource source() {
    return new TelemetrySource(runId, late);
  }

  private synchronized void receive(RunEvent event) {
    if (event instanceof Stepped stepped) {
      steps.add(stepped);
    } else if (event instanceof Validated validated) {
      validationLosses.put(validated.result().step(), validated.result().loss());
    }
    listener.accept(event);
  }

  /**
   * The steps so far, by number. Of a step that several attempts took, the last attempt's: its
   * predecessor's was lost with it.
   */
  public synchronized List<Stepped> steps() {
    if (!live) {
      takeLate();
    }
    TreeMap<Long, Stepped> byNumber = new TreeMap<>();
    for (Stepped next : steps) {
      byNumber.merge(next.step().step(), next, Telemetry::laterAttempt);
    }
    Collection<Stepped> sorted = byNumber.values();
    return List.copyOf(sorted);
  }

  /** The validation losses so far, by the steps after which they were measured. */
  public synchronized SortedMap<Long, Double> validationLosses() {
    if (!live) {
      takeLate();
    }
    return new TreeMap<>(validationLosses);
  }

  private static Stepped laterAttempt(Stepped a, Stepped b) {
    return b.origin().attempt() >= a.origin().attempt() ? b : a;
  }

  private void takeLate() {
    List<RunEvent> events = new ArrayList<>(late.value());
    late.reset();
    events.forEach(this::receive);
  }

  @Override
  public void close() {
    EventInbox.forget(runId);
  }
}
