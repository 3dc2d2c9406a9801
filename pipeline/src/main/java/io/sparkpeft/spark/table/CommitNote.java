package io.sparkpeft.spark.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.data.TokenAudit;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a token table's commit says of itself in its user metadata.
 *
 * @param version the commit's; -1 before it is written
 */
record CommitNote(
    long version, String runId, TableIdentity identity, TokenAudit audit, long trainRecords) {
  private static final String APP = "spark-peft prepare";
  private static final String PREFIX = "sparkpeft.";

  static CommitNote of(PrepareSettings settings, TableIdentity identity, Outcomes outcomes) {
    return new CommitNote(
        -1, settings.runId(), identity, outcomes.audit(), outcomes.trainRecords());
  }

  String json() {
    ObjectNode note = Json.object();
    note.put("app", APP);
    note.put("run_id", runId);
    note.set("identity", Json.tree(identity.values()));
    note.put("records", audit.records());
    note.put("train_records", trainRecords);
    note.set("dropped", Json.tree(audit.dropped()));
    note.put("truncated", audit.truncated());
    note.put("tokens", audit.tokens());
    note.put("target_tokens", audit.targetTokens());
    note.put("straddling_tokens", audit.straddlingTokens());
    note.put("unknown_tokens", audit.unknownTokens());
    note.put("ended_records", audit.endedRecords());
    return Json.compact(note);
  }

  /** Empty for commits that prepare did not make. */
  static Optional<CommitNote> parse(long version, String json) {
    JsonNode note = tree(json);
    if (!note.path("app").asText().equals(APP)) {
      return Optional.empty();
    }
    TokenAudit audit =
        new TokenAudit(
            note.path("records").asLong(),
            counts(note.path("dropped")),
            note.path("truncated").asLong(),
            note.path("tokens").asLong(),
            note.path("target_tokens").asLong(),
            note.path("straddling_tokens").asLong(),
            note.path("unknown_tokens").asLong(),
            note.path("ended_records").asLong());
    Map<String, String> identity = new TreeMap<>();
    note.path("identity")
        .properties()
        .forEach(e -> identity.put(e.getKey(), e.getValue().asText()));
    return Optional.of(
        new CommitNote(
            version,
            note.path("run_id").asText(),
            new TableIdentity(identity),
            audit,
            note.path("train_records").asLong()));
  }

  private static JsonNode tree(String json) {
    try {
      return json == null ? Json.object() : Json.parse(json);
    } catch (JsonProcessingException e) {
      return Json.object();
    }
  }

  private static Map<String, Long> counts(JsonNode node) {
    Map<String, Long> counts = new TreeMap<>();
    node.properties().forEach(e -> counts.put(e.getKey(), e.getValue().asLong()));
    return counts;
  }

  /** For people who look at the table; what counts is the commit's note. */
  SortedMap<String, String> tableProperties() {
    SortedMap<String, String> properties = new TreeMap<>();
    identity.values().forEach((name, value) -> properties.put(PREFIX + name, value));
    properties.put(PREFIX + "run_id", runId);
    properties.put(PREFIX + "records", Long.toString(audit.records()));
    properties.put(PREFIX + "tokens", Long.toString(audit.tokens()));
    properties.put(PREFIX + "target_tokens", Long.toString(audit.targetTokens()));
    // Executors read the files outside SQL, and pins must find their commit's note for years.
    properties.put("delta.enableDeletionVectors", "false");
    properties.put("delta.logRetentionDuration", "interval 3650 days");
    return properties;
  }

  PrepareResult result(String table, boolean reused) {
    return new PrepareResult(
        audit, trainRecords, audit.records() - trainRecords, table, version, identity, reused);
  }
}
