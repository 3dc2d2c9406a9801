package io.sparkpeft.spark.registry;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A version of a named adapter: a row of the table adapters.
 *
 * @param name of which one version is promoted
 * @param version 1 for the first
 * @param adapter its files, as they were when it was promoted first
 * @param gate how it stood with the gate then
 * @param scores its newest by then, by {@code task.metric}
 * @param runIds the runs that promoted it, the newest last
 * @param promotedAt when the last of them did
 */
public record AdapterVersion(
    String name,
    long version,
    Stage stage,
    AdapterIdentity adapter,
    GateNote gate,
    Map<String, Double> scores,
    List<String> runIds,
    Instant promotedAt) {

  /** Whether a version is the one to use. */
  public enum Stage {
    PROMOTED,
    ARCHIVED
  }

  /** How an adapter stood with its gate when it was promoted. */
  public enum GateState {
    PASSED,
    NOT_PASSED,
    NOT_ASKED
  }

  /**
   * @param runId of gate, if it was asked
   */
  public record GateNote(GateState state, Optional<String> runId) {}

  public AdapterVersion {
    scores = Map.copyOf(scores);
    runIds = List.copyOf(runIds);
  }

  AdapterVersion archived() {
    return new AdapterVersion(
        name, version, Stage.ARCHIVED, adapter, gate, scores, runIds, promotedAt);
  }

  AdapterVersion promotedBy(String runId, Instant when) {
    List<String> runs = new ArrayList<>(runIds);
    runs.add(runId);
    return new AdapterVersion(name, version, Stage.PROMOTED, adapter, gate, scores, runs, when);
  }
}
