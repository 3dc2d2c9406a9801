package io.sparkpeft.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.spark.telemetry.TrainRun;
import java.util.OptionalDouble;

/** What was measured of a run beside its losses. */
record Measured(JsonNode json) {
  static Measured of(TrainRun run) {
    return new Measured(run.details().<JsonNode>map(d -> d.measured()).orElseGet(Json::object));
  }

  OptionalDouble trainingSeconds() {
    return positive("training_seconds");
  }

  OptionalDouble peakMemoryBytes() {
    return positive("peak_memory_bytes");
  }

  JsonNode ranks() {
    return json.path("ranks");
  }

  JsonNode lostAttempts() {
    return json.path("lost_attempts");
  }

  private OptionalDouble positive(String key) {
    double value = json.path(key).asDouble();
    return value > 0 ? OptionalDouble.of(value) : OptionalDouble.empty();
  }
}
