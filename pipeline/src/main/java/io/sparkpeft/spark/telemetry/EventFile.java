package io.sparkpeft.spark.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Credentials;
import io.sparkpeft.base.Json;
import io.sparkpeft.spark.telemetry.RunEvent.Failed;
import io.sparkpeft.spark.telemetry.RunEvent.Origin;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.function.Consumer;

/**
 * Events as lines of a file, for machines: one JSON object a line, each written at once and whole.
 * conf/README.md documents the keys; {@code schema} goes up when one of them changes its meaning or
 * goes, and stays when one is added.
 *
 * <p>What stands in the file already stays: a run that is resumed writes behind its earlier events.
 * After the file is open nothing that goes wrong with it ends a job.
 */
public final class EventFile implements Consumer<RunEvent>, AutoCloseable {
  private static final int SCHEMA = 1;
  private static final DateTimeFormatter UTC =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final Path path;
  private final FileChannel file;
  private boolean broken;
  private boolean endsInFailure;

  private EventFile(Path path, FileChannel file) {
    this.path = path;
    this.file = file;
  }

  /**
   * Opens a file to append to, and makes it and its folder where they are missing. A last line that
   * was torn off is ended.
   *
   * @throws io.sparkpeft.base.SparkPeftException (73) if that cannot be done
   */
  public static EventFile append(Path path) {
    try {
      Path parent = path.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      boolean torn = endsWithinALine(path);
      FileChannel file =
          FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      EventFile events = new EventFile(path, file);
      if (torn) {
        events.write("\n");
      }
      return events;
    } catch (IOException e) {
      throw TelemetryErrors.cannotOpenEvents(path, e);
    }
  }

  /** Of a pipe or a terminal nothing is read. */
  private static boolean endsWithinALine(Path path) throws IOException {
    if (!Files.isRegularFile(path) || Files.size(path) == 0) {
      return false;
    }
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      return file.read(last, file.size() - 1) == 1 && last.get(0) != '\n';
    }
  }

  @Override
  public synchronized void accept(RunEvent event) {
    endsInFailure = event instanceof Failed;
    if (!broken) {
      try {
        write(line(event));
      } catch (IOException e) {
        broken = true;
        System.err.println("No more events are written to " + path + ": " + e);
      }
    }
  }

  /** Whether the newest event says that a job failed. */
  public synchronized boolean endsInFailure() {
    return endsInFailure;
  }

  private void write(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(UTF_8));
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  static String line(RunEvent event) {
    Origin origin = event.origin();
    ObjectNode json =
        Json.object()
            .put("schema", SCHEMA)
            .put("at", UTC.format(origin.at()))
            .put("event", event.name())
            .put("run_id", origin.runId());
    if (origin.attempt() > 0) {
      json.put("attempt", origin.attempt());
    }
    if (!origin.isDriver()) {
      json.put("rank", origin.rank());
    }
    event
        .facts()
        .properties()
        .forEach(fact -> json.set(fact.getKey(), numberOrNull(fact.getValue())));
    return Credentials.hidden(json.toString()) + "\n";
  }

  /** JSON has no NaN. */
  private static JsonNode numberOrNull(JsonNode value) {
    boolean finite = !value.isDouble() || Double.isFinite(value.asDouble());
    return finite ? value : Json.tree(null);
  }

  @Override
  public synchronized void close() {
    try {
      file.close();
    } catch (IOException e) {
      System.err.println("The file of events " + path + " was not closed: " + e);
    }
  }
}
